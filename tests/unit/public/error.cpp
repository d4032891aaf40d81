// SPDX-License-Identifier: BSL-1.0
#include <rondo/error.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace rondo {
namespace {

constexpr int first = static_cast<int>(errc::task_exists);
constexpr int last = static_cast<int>(errc::store_unsafe);

TEST_SUITE_BEGIN("public/error");

TEST_CASE("each error has its own message") {
    std::set<std::string> seen;
    for (int i = first; i <= last; ++i) {
        error_code e = static_cast<errc>(i);
        CAPTURE(i);
        CHECK(e.failed());
        CHECK(!e.message().empty());
        CHECK(e.message() != "unknown error");
        CHECK(seen.insert(e.message()).second);
    }
}

TEST_CASE("a value that is no error says so") {
    CHECK(error_category().message(0) == "unknown error");
    CHECK(error_category().message(last + 1) == "unknown error");
    CHECK(error_category().message(-1) == "unknown error");
}

TEST_CASE("codes compare by value and category") {
    error_code e = errc::task_exists;
    CHECK(e == errc::task_exists);
    CHECK(e != errc::task_not_exists);
    CHECK(e != error_code(1, boost::system::generic_category()));
    CHECK(std::string(e.category().name()) == "rondo");
}

TEST_CASE("the value of a failed result throws its code") {
    result<int> r = errc::queue_full;
    REQUIRE(!r);
    try {
        (void)r.value();
        FAIL("it has no value");
    } catch (const boost::system::system_error& e) {
        CHECK(e.code() == errc::queue_full);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
