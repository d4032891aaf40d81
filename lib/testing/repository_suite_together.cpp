// SPDX-License-Identifier: BSL-1.0
// Ends and begins that are handed over together.
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

constexpr std::size_t handlers_max = 6; // after how many of them a call is cut off, at most

/// Tasks of which each has run 1 in flight, at its slot 0; and what comes next of each.
struct turn {
    std::vector<finish_request> ended;
    std::vector<begin_request> begun;
};

turn turn_of(probe& p, std::uint64_t tasks) {
    turn t;
    for (std::uint64_t n = 1; n <= tasks; ++n) {
        std::string uid = "t";
        uid += std::to_string(n); // not `+`, of which g++ 12 warns
        p.put(task(uid));
        const begin_request first = slot_run(uid, n, 0);
        t.ended.push_back(end_of(first, p.begin(first).token));
        t.begun.push_back(slot_run(uid, 100 + n, 10));
    }
    return t;
}

std::uint64_t in_flight(const std::vector<run>& runs) {
    std::uint64_t n = 0;
    for (const run& r : runs) n += r.outcome ? 0 : 1;
    return n;
}

void as_if_alone(probe& p) {
    const turn t = turn_of(p, 3);
    const auto seen = p.record(t.ended, t.begun);
    for (const finish_state s : seen.finished) p.same("an end", "recorded", show(s));
    for (const begin_answer& a : seen.begun) {
        p.same("a begin", "recorded", show(a.state));
        p.same("its cursor", show(at(20)), show(a.next_slot));
        p.same("its token", "2", show(a.token));
    }
    for (const finish_request& end : t.ended) p.same("the run", show(end.run), show(p.find(end.run.id)));
    p.same("runs in flight", "3", show(in_flight(p.history().runs)));
}

void repeated(probe& p) {
    const turn t = turn_of(p, 2);
    const auto first = p.record(t.ended, t.begun);
    const auto again = p.record(t.ended, t.begun);
    for (const finish_state s : again.finished) p.same("an end again", "already", show(s));
    p.same("begins again", show(first.begun), show(again.begun));
    p.same("runs", "4", show(p.history().runs.size()));
}

void refused_alone(probe& p) {
    turn t = turn_of(p, 2);
    ++t.ended[0].token;
    t.begun[1].expected = at(990);
    const auto seen = p.record(t.ended, t.begun);
    p.same("an end with another token", "fenced", show(seen.finished[0]));
    p.same("the end beside it", "recorded", show(seen.finished[1]));
    p.same("the begin beside it", "recorded", show(seen.begun[0].state));
    p.same("a begin elsewhere", "conflict", show(seen.begun[1].state));
    p.same("runs", "3", show(p.history().runs.size()));
}

/// A run ends of which nobody heard that it began, while another takes the next slot.
void with_an_end_that_is_new(probe& p) {
    p.put(task("t"));
    std::vector<finish_request> ended(1, end_of(manual_run("t", 1, 5), 0));
    std::vector<begin_request> begun(1, slot_run("t", 2, 0));
    const auto seen = p.record(ended, begun);
    p.same("the end", "recorded", show(seen.finished[0]));
    p.same("the begin", "recorded", show(seen.begun[0].state));
    p.same("runs", "2", show(p.history().runs.size()));
    p.same("in flight", "1", show(in_flight(p.history().runs)));
}

void half_alone(probe& p) {
    const turn t = turn_of(p, 2);
    const auto ends = p.record(t.ended, {});
    for (const finish_state s : ends.finished) p.same("an end without begins", "recorded", show(s));
    for (const finish_request& end : t.ended) p.same("the run", show(end.run), show(p.find(end.run.id)));
    const auto begins = p.record({}, t.begun);
    for (const begin_answer& a : begins.begun) p.same("a begin without ends", "recorded", show(a.state));
    p.same("runs in flight", "2", show(in_flight(p.history().runs)));
}

/// The first come with the call, the others a moment later. A repository need not let them join it.
void joined(probe& p) {
    constexpr std::size_t first = 2;
    turn t = turn_of(p, 5);
    ++t.ended[4].token;
    t.begun[3].expected = at(990);
    turn early{{t.ended.begin(), t.ended.begin() + first}, {t.begun.begin(), t.begun.begin() + first}};
    joining_runs::part late{{t.ended.begin() + first, t.ended.end()},
                            {t.begun.begin() + first, t.begun.end()}};
    auto seen = p.record(early.ended, early.begun, late);
    if (!late.ended.empty()) {
        const auto then = p.record(late.ended, late.begun);
        seen.finished.insert(seen.finished.end(), then.finished.begin(), then.finished.end());
        seen.begun.insert(seen.begun.end(), then.begun.begin(), then.begun.end());
    }
    for (std::size_t i = 0; i != 5; ++i) {
        p.same("an end", i == 4 ? "fenced" : "recorded", show(seen.finished[i]));
        p.same("a begin", i == 3 ? "conflict" : "recorded", show(seen.begun[i].state));
        if (i != 4) p.same("the run", show(t.ended[i].run), show(p.find(t.ended[i].run.id)));
    }
    p.same("runs", "9", show(p.history().runs.size()));
    p.same("runs in flight", "5", show(in_flight(p.history().runs)));
}

void goes_on(probe& p, const turn& t) {
    const auto seen = p.record(t.ended, t.begun);
    for (const finish_state s : seen.finished)
        p.is_true("an end again", s == finish_state::recorded || s == finish_state::already);
    for (const begin_answer& a : seen.begun) {
        p.same("a begin again", "recorded", show(a.state));
        p.same("its token", "2", show(a.token));
    }
    p.same("runs", show(2 * t.ended.size()), show(p.history().runs.size()));
}

void cut_off(probe& p, cut how) {
    for (std::size_t handlers = 0; handlers <= handlers_max; ++handlers) {
        p.anew();
        const turn t = turn_of(p, 8);
        p.cut_record(t.ended, t.begun, how, handlers);
        std::uint64_t ended = 0;
        std::uint64_t begun = 0;
        for (const run& r : p.history().runs) {
            ended += r.outcome ? 1 : 0;
            begun += r.id >= id(101) ? 1 : 0;
        }
        p.is_true("all ends, or none", ended == 0 || ended == t.ended.size());
        p.is_true("all begins, or none", begun == 0 || begun == t.begun.size());
        goes_on(p, t);
    }
}

void cancelled(probe& p) {
    cut_off(p, cut::cancelled);
}
void destroyed(probe& p) {
    cut_off(p, cut::context_gone);
}

void failing(probe& p) {
    const turn t = turn_of(p, 8);
    p.set_failing(true);
    for (int i = 0; i != 2; ++i) p.is_true("both fail", p.both_fail(t.ended, t.begun));
    p.set_failing(false);
    p.same("runs in flight", show(t.ended.size()), show(in_flight(p.history().runs)));
    p.same("runs", show(t.ended.size()), show(p.history().runs.size()));
    goes_on(p, t);
}

} // namespace

std::span<const suite_case> together_cases() {
    static constexpr suite_case cases[] = {
        {"ends and begins that go together are recorded as those that go alone", as_if_alone},
        {"ends and begins that go together can be repeated", repeated},
        {"one that is refused does not hold up those that go together with it", refused_alone},
        {"an end whose begin was never stored goes together with a begin", with_an_end_that_is_new},
        {"ends that come without begins, and begins without ends, are recorded alone", half_alone},
        {"ends and begins that join a call count as if they had come with it", joined},
        {"ends and begins that are cancelled are each recorded whole or not at all, and can be repeated",
         cancelled},
        {"ends and begins whose context is destroyed are each recorded whole or not at all", destroyed},
    };
    return cases;
}

std::span<const suite_case> failing_together_cases() {
    static constexpr suite_case cases[] = {
        {"ends and begins that fail together change nothing, and can be repeated", failing},
    };
    return cases;
}

} // namespace rondo::testing::detail
