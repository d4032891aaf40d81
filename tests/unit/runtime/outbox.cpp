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
    CHECK(box.ends_that_may_go(1000) == 2);
    box.put_back_begins();
    CHECK(box.begins_that_may_go(1000) == 5);
    CHECK(box.ends_that_may_go(1000) == 0);
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
    CHECK(box.begins_that_may_go(1) == 1);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
