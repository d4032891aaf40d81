// SPDX-License-Identifier: BSL-1.0
#include <runtime/outbox.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

using runtime::ended_run;
using runtime::outbox;

void begin(outbox& box, std::size_t n) {
    std::vector<core::decision> some(n);
    box.add(some);
}

ended_run ended(bool comes_first, std::uint64_t token = 0) {
    ended_run e;
    e.request.token = token;
    e.comes_first = comes_first;
    return e;
}

TEST_SUITE_BEGIN("runtime/outbox");

TEST_CASE("no begin overtakes an end that it builds on, and no end its own begin") {
    outbox box;
    begin(box, 2);
    CHECK(box.begins_that_may_go(1000) == 2);
    box.add(ended(false));
    begin(box, 3);
    CHECK(box.begins_that_may_go(1000) == 5);
    box.add(ended(true));
    begin(box, 4);
    CHECK(box.begins_that_may_go(1000) == 5);
    CHECK(box.begins_that_may_go(3) == 3);
    CHECK(box.ends_that_may_go(1000) == 0);
    box.call_begins(box.begins_that_may_go(1000));
    CHECK(box.begins_that_may_go(1000) == 0);
    CHECK(box.ends_that_may_go(1000) == 0);
    box.put_back_begins();
    CHECK(box.begins_that_may_go(1000) == 5);
    CHECK(box.ends_that_may_go(1000) == 0);
    box.call_begins(box.begins_that_may_go(1000));
    box.begins_called.clear(); // on record
    CHECK(box.ends_that_may_go(1000) == 2);
}

TEST_CASE("ends that come first are counted, wherever they go") {
    outbox box;
    for (bool comes_first : {false, true, false, true}) box.add(ended(comes_first, 1));
    begin(box, 1);
    CHECK(box.ends_first == 2);
    box.call_ends(2);
    CHECK(box.ends_first == 1);
    box.put_back_ends();
    CHECK(box.ends_first == 2);
    CHECK(box.begins_that_may_go(1) == 0);
    CHECK(!box.drop_end().comes_first);
    CHECK(box.ends_first == 2);
    CHECK(box.drop_end().comes_first);
    CHECK(box.ends_first == 1);
    box.call_ends(2);
    CHECK(box.ends_first == 0);
    CHECK(box.begins_that_may_go(1) == 0);
    box.ends_called.clear(); // on record
    CHECK(box.begins_that_may_go(1) == 1);
}

TEST_CASE("what joins a call builds on nothing that is in it") {
    outbox box;
    begin(box, 1);
    box.call_begins(1);
    box.add(ended(false));    // of a begin in the call
    box.add(ended(false, 7)); // of an earlier one
    CHECK(box.ends_that_may_go(1000) == 0);
    box.put_back_begins();
    box.begins.clear(); // on record
    box.call_ends(1);
    box.add(ended(true, 8));
    begin(box, 2);
    CHECK(box.begins_that_may_go(1000) == 0);
    box.call_ends(2);
    CHECK(box.ends_called.size() == 3);
    CHECK(box.ends_first == 0);
    CHECK(box.begins_that_may_go(1000) == 0);
    box.put_back_ends();
    CHECK(box.ends_first == 1);
    CHECK(box.begins_that_may_go(1000) == 0);
    box.call_ends(3);
    box.ends_called.clear(); // on record
    CHECK(box.begins_that_may_go(1000) == 2);
    box.add(ended(false, 9));
    box.call_ends(1);
    CHECK(box.begins_that_may_go(1000) == 2);
}

TEST_CASE("a moment is past when nothing of before is there, be it in a call or put back") {
    outbox box;
    CHECK(box.is_past({0, 0}));
    begin(box, 2);
    box.add(ended(false, 1));
    const outbox::mark then{box.begins_seen, box.ends_seen};
    begin(box, 2);
    CHECK(!box.is_past(then));
    box.call_begins(3);
    CHECK(!box.is_past(then));
    box.put_back_begins();
    box.call_begins(2);
    box.begins_called.clear(); // on record
    CHECK(!box.is_past(then)); // the end
    box.call_ends(1);
    CHECK(!box.is_past(then));
    box.ends_called.clear();
    CHECK(box.is_past(then));
}

TEST_CASE("what is dropped behind a call does not count for what is in it") {
    outbox box;
    begin(box, 1);
    const outbox::mark then{box.begins_seen, box.ends_seen};
    begin(box, 2);
    box.call_begins(1);
    (void)box.drop_begin();
    CHECK(!box.is_past(then));
    box.put_back_begins();
    CHECK(!box.is_past(then));
    box.call_begins(2);
    CHECK(!box.is_past(then));
    box.begins_called.clear();
    CHECK(box.is_past(then));
    begin(box, 1);
    const outbox::mark later{box.begins_seen, box.ends_seen};
    CHECK(box.is_past(then));
    CHECK(!box.is_past(later));
    (void)box.drop_begin();
    CHECK(box.is_past(later));
}

TEST_CASE("what is put back comes before what came meanwhile, however much of each") {
    for (std::size_t called = 0; called != 40; ++called) {
        for (std::size_t left = 0; left != 4; ++left) {
            for (std::size_t later = 0; later != 4; ++later) {
                CAPTURE(called);
                CAPTURE(left);
                CAPTURE(later);
                outbox box;
                std::uint64_t n = 0;
                std::size_t first = 0;
                auto add = [&](std::size_t count) {
                    for (std::size_t i = 0; i != count; ++i, ++n) {
                        box.add(ended(n % 3 == 0, 1));
                        first += n % 3 == 0 ? 1 : 0;
                        box.ends.back().request.run.id.low = n;
                        begin(box, 1);
                        box.begins.back().request.next = wall_time(std::chrono::microseconds(n));
                    }
                };
                add(called + left);
                box.call_ends(called);
                box.call_begins(called);
                add(later);
                box.put_back_ends();
                box.put_back_begins();
                CHECK(box.size() == 2 * (called + left + later));
                CHECK(box.ends_first == first);
                CHECK(box.ends_that_may_go(1000) == n);
                CHECK(box.begins_that_may_go(1000) == 0);
                std::uint64_t expected = 0;
                box.for_each_end([&](const ended_run& e) { CHECK(e.request.run.id.low == expected++); });
                expected = 0;
                for (const core::decision& d : box.begins)
                    CHECK(d.request.next == wall_time(std::chrono::microseconds(expected++)));
            }
        }
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
