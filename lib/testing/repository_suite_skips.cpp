// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

std::uint64_t total(const std::vector<skip_range>& ranges) {
    std::uint64_t n = 0;
    for (const skip_range& r : ranges) n += r.count;
    return n;
}

void each_reason(probe& p) {
    p.put(task("t"));
    std::int64_t slot = 0;
    std::string expected;
    for (skip_reason reason : {skip_reason::overlap, skip_reason::missed, skip_reason::paused,
                               skip_reason::not_owner, skip_reason::buffer_full}) {
        const skip_range range = skip(reason, slot, slot + 10, 2);
        p.begin(skip_only("t", slot, slot + 20, range));
        expected = show(range) + (expected.empty() ? "" : ", " + expected);
        slot += 20;
    }
    p.same("the latest first", "[" + expected + "]", show(p.skips("t")));
}

void limited(probe& p) {
    p.put(task("t"));
    p.begin(skip_only("t", 0, 10, skip(skip_reason::overlap, 0, 0, 1)));
    p.begin(skip_only("t", 10, 20, skip(skip_reason::missed, 10, 10, 1)));
    p.begin(skip_only("t", 20, 30, skip(skip_reason::paused, 20, 20, 1)));
    p.same("two", "[1 paused from 0+20000000us to 0+20000000us, 1 missed from 0+10000000us to 0+10000000us]",
           show(p.skips("t", 2)));
    p.same("none", "[]", show(p.skips("t", 0)));
    p.same("of an unknown task", "[]", show(p.skips("nobody")));
}

void in_a_row(probe& p) {
    p.put(task("t"));
    for (std::int64_t slot = 0; slot < 50; slot += 10)
        p.begin(skip_only("t", slot, slot + 10, skip(skip_reason::overlap, slot, slot, 1)));
    const auto ranges = p.skips("t");
    p.same("skipped", "5", show(total(ranges)));
    p.is_true("from the first", !ranges.empty() && ranges.back().first == at(0));
    p.is_true("to the last", !ranges.empty() && ranges.front().last == at(40));
    for (std::size_t i = 1; i < ranges.size(); ++i)
        p.is_true("the latest first, without overlap", ranges[i].last < ranges[i - 1].first);
}

void parted_by_run(probe& p) {
    p.put(task("t"));
    p.begin(skip_only("t", 0, 10, skip(skip_reason::overlap, 0, 0, 1)));
    p.begin(slot_run("t", 1, 10));
    p.begin(skip_only("t", 20, 30, skip(skip_reason::overlap, 20, 20, 1)));
    p.same("two ranges", "[1 overlap from 0+20000000us to 0+20000000us, 1 overlap from 0+0us to 0+0us]",
           show(p.skips("t")));
}

void parted_by_run_of_same_call(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 10);
    r.expected = at(0);
    r.skipped = skip(skip_reason::missed, 0, 0, 1);
    p.begin(r);
    r = slot_run("t", 2, 40);
    r.expected = at(20);
    r.skipped = skip(skip_reason::missed, 20, 30, 2);
    p.begin(r);
    p.same("two ranges", "[2 missed from 0+20000000us to 0+30000000us, 1 missed from 0+0us to 0+0us]",
           show(p.skips("t")));
}

void huge_count(probe& p) {
    p.put(task("t"));
    const skip_range range = skip(skip_reason::missed, 0, 2'000'000'000, 9'000'000'000'000'000'000);
    p.begin(skip_only("t", 0, 2'000'000'010, range));
    p.same("the range", show(std::vector<skip_range>{range}), show(p.skips("t")));
}

void forced_repeat(probe& p) {
    p.put(task("t"));
    begin_request r = skip_only("t", 0, 30, skip(skip_reason::missed, 0, 20, 3));
    r.force = true;
    p.begin(r);
    p.begin(r);
    p.same("skipped", "3", show(total(p.skips("t"))));
}

void skip_after_the_run(probe& p) {
    p.put(task("t"));
    p.begin(skip_only("t", 0, 20, skip(skip_reason::missed, 0, 10, 2)));
    begin_request r = slot_run("t", 1, 20);
    r.next = at(50);
    r.skipped = skip(skip_reason::missed, 30, 40, 2);
    p.same("state", "recorded", show(p.begin(r).state));
    p.is_true("the run parts them", p.skips("t").size() == 2);
}

} // namespace

std::span<const suite_case> skip_cases() {
    static constexpr suite_case cases[] = {
        {"skips are kept with their reasons, the latest first", each_reason},
        {"skips are limited", limited},
        {"skips in a row may be one range, and none is lost", in_a_row},
        {"a run parts the ranges around it", parted_by_run},
        {"a run parts the ranges of its own call and the next", parted_by_run_of_same_call},
        {"a run parts the ranges before it and after it", skip_after_the_run},
        {"a range counts as far as it has to", huge_count},
        {"a repeated skip is counted once, by force too", forced_repeat},
    };
    return cases;
}

} // namespace rondo::testing::detail
