// SPDX-License-Identifier: BSL-1.0
#include <rondo/rondo.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <type_traits>

namespace rondo {
namespace {

// g++ 12 destroys a temporary aggregate twice that is made within `co_await f(…)`.
template <class T>
constexpr bool safe_to_pass = !std::is_aggregate_v<T> || std::is_trivially_destructible_v<T>;

TEST_SUITE_BEGIN("public/arguments");

TEST_CASE("what an operation takes may be made in the expression that awaits it") {
    CHECK(safe_to_pass<task>);
    CHECK(safe_to_pass<user>);
    CHECK(safe_to_pass<group>);
    CHECK(safe_to_pass<retry>);
    CHECK(safe_to_pass<catch_up>);
    CHECK(safe_to_pass<schedule>);
    CHECK(safe_to_pass<pause_options>);
    CHECK(safe_to_pass<history_filter>);
    CHECK(safe_to_pass<prune_policy>);
    CHECK(safe_to_pass<run_id>);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
