// SPDX-License-Identifier: BSL-1.0
#include <rondo/words.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

namespace rondo {
namespace {

/// Checks that the `n` values have distinct words, and that another value has none.
template <class Enum>
void check_words(int n) {
    std::set<std::string_view> seen;
    for (int i = 0; i != n; ++i) {
        std::string_view word = to_string(static_cast<Enum>(i));
        CHECK(!word.empty());
        CHECK(word != "unknown");
        CHECK(seen.insert(word).second);
    }
    CHECK(to_string(static_cast<Enum>(n)) == "unknown");
    CHECK(to_string(static_cast<Enum>(255)) == "unknown");
}

TEST_SUITE_BEGIN("public/words");

TEST_CASE("each value has its own word and other values are unknown") {
    check_words<trigger>(5);
    check_words<outcome>(6);
    check_words<skip_reason>(5);
    check_words<status>(2);
    check_words<overlap>(5);
    check_words<record>(4);
    check_words<cancel_reason>(8);
    check_words<log_level>(4);
}

TEST_CASE("the words are the names of the enumerators") {
    CHECK(to_string(trigger::catch_up) == "catch_up");
    CHECK(to_string(outcome::timed_out) == "timed_out");
    CHECK(to_string(outcome::abandoned) == "abandoned");
    CHECK(to_string(skip_reason::not_owner) == "not_owner");
    CHECK(to_string(status::waiting) == "waiting");
    CHECK(to_string(overlap::allow_all) == "allow_all");
    CHECK(to_string(record::failures_only) == "failures_only");
    CHECK(to_string(cancel_reason::parent) == "parent");
    CHECK(to_string(cancel_reason::lease_lost) == "lease_lost");
    CHECK(to_string(log_level::error) == "error");
}

TEST_CASE("words make the round trip") {
    for (auto t : {trigger::schedule, trigger::manual, trigger::catch_up, trigger::retry, trigger::backfill})
        CHECK(trigger_from(to_string(t)) == t);
    for (auto o : {outcome::success, outcome::failed, outcome::timed_out, outcome::cancelled,
                   outcome::interrupted, outcome::abandoned})
        CHECK(outcome_from(to_string(o)) == o);
    for (auto r : {skip_reason::overlap, skip_reason::missed, skip_reason::paused, skip_reason::not_owner,
                   skip_reason::buffer_full})
        CHECK(skip_reason_from(to_string(r)) == r);
}

TEST_CASE("other text is no word") {
    using namespace std::string_view_literals;
    for (auto text :
         {""sv, "unknown"sv, "Schedule"sv, "manual "sv, " manual"sv, "manua"sv, "manual\0"sv, "\xff"sv}) {
        CHECK(!trigger_from(text));
        CHECK(!outcome_from(text));
        CHECK(!skip_reason_from(text));
    }
    CHECK(!outcome_from(std::string(100'000, 's')));
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
