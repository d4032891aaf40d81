// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

/// Nothing of the task "t" that these cases look at has changed: the cursor is at 0, nothing ran.
void expect_untouched(probe& p) {
    p.same("cursor", show(at(0)), show(p.cursor("t")));
    p.same("history", "", numbers(p.history().runs));
    p.same("skips", "[]", show(p.skips("t")));
}

void moves_from_expected(probe& p) {
    p.put(task("t"));
    begin_answer expected;
    expected.next_slot = at(10);
    expected.token = 1;
    p.same("answer", show(expected), show(p.begin(slot_run("t", 1, 0))));
    p.same("cursor", show(at(10)), show(p.cursor("t")));
}

void conflict_elsewhere(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 10);
    r.skipped = skip(skip_reason::missed, 0, 0, 1);
    begin_answer expected;
    expected.state = begin_state::conflict;
    expected.next_slot = at(0);
    p.same("answer", show(expected), show(p.begin(r)));
    expect_untouched(p);
}

void never_is_a_place(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 0);
    r.expected = moment();
    p.same("never does not match a slot", "conflict", show(p.begin(r).state));
    expect_untouched(p);
    task_definition finished = task("finished");
    finished.first_slot = moment();
    p.put(finished);
    p.same("a slot does not match never", "conflict", show(p.begin(slot_run("finished", 2, 0)).state));
    r = slot_run("finished", 3, 0);
    r.expected = moment();
    p.same("never matches never", "recorded", show(p.begin(r).state));
    p.same("cursor", show(at(10)), show(p.cursor("finished")));
}

void goes_to_never(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 0);
    r.next = moment();
    p.same("the cursor of the answer", "never", show(p.begin(r).next_slot));
    p.same("cursor", "never", show(p.cursor("t")));
}

void force_from_anywhere(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 70);
    r.force = true;
    p.same("forward", "recorded", show(p.begin(r).state));
    p.same("cursor", show(at(80)), show(p.cursor("t")));
    r = slot_run("t", 2, 20);
    r.force = true;
    p.same("back", "recorded", show(p.begin(r).state));
    p.same("cursor", show(at(30)), show(p.cursor("t")));
}

void waits_for_end(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 0);
    r.next = cursor_waits_for_end;
    p.same("the cursor of the answer", show(cursor_waits_for_end), show(p.begin(r).next_slot));
    p.same("cursor", show(cursor_waits_for_end), show(p.cursor("t")));
    p.same("a slot meanwhile", "conflict", show(p.begin(slot_run("t", 2, 10)).state));
}

void manual_leaves_cursor(probe& p) {
    p.put(task("t"));
    begin_request r = manual_run("t", 1, 3);
    r.expected = at(900);
    r.next = at(910);
    begin_answer expected;
    expected.next_slot = at(0);
    expected.token = 1;
    p.same("answer", show(expected), show(p.begin(r)));
    p.same("cursor", show(at(0)), show(p.cursor("t")));
}

void unknown_task(probe& p) {
    begin_answer expected;
    expected.state = begin_state::unknown_task;
    p.same("answer", show(expected), show(p.begin(slot_run("t", 1, 0))));
    p.is_true("no run", !p.find(id(1)));
    p.is_true("no task", p.put(task("t")).created);
}

void tokens_grow(probe& p) {
    p.put(task("t"));
    p.put(task("other"));
    p.same("first", "1", show(p.begin(slot_run("t", 1, 0)).token));
    p.same("manual", "2", show(p.begin(manual_run("t", 2, 5)).token));
    p.same("without a run", "0",
           show(p.begin(skip_only("t", 10, 20, skip(skip_reason::overlap, 10, 10, 1))).token));
    p.same("after that", "3", show(p.begin(slot_run("t", 3, 20)).token));
    p.same("another task's", "1", show(p.begin(slot_run("other", 4, 0)).token));
}

void skip_moves_cursor(probe& p) {
    p.put(task("t"));
    const begin_request r = skip_only("t", 0, 30, skip(skip_reason::missed, 0, 20, 3));
    begin_answer expected;
    expected.next_slot = at(30);
    p.same("answer", show(expected), show(p.begin(r)));
    expected.state = begin_state::conflict;
    p.same("answer to the repeat", show(expected), show(p.begin(r)));
    p.same("skips", "[3 missed from 0+0us to 0+20000000us]", show(p.skips("t")));
}

void in_order(probe& p) {
    p.put(task("t"));
    const auto answers = p.begin({slot_run("t", 1, 0), slot_run("t", 2, 10), slot_run("t", 3, 20)});
    std::string seen;
    for (const begin_answer& a : answers) seen += show(a.state) + " " + show(a.token) + " ";
    p.same("answers", "recorded 1 recorded 2 recorded 3 ", seen);
    p.same("cursor", show(at(30)), show(p.cursor("t")));
}

void refused_alone(probe& p) {
    p.put(task("t"));
    p.put(task("u"));
    const auto answers = p.begin({slot_run("t", 1, 10), slot_run("nobody", 2, 0), slot_run("t", 3, 0),
                                  slot_run("t", 4, 0), slot_run("u", 5, 0)});
    std::string seen;
    for (const begin_answer& a : answers) seen += show(a.state) + " ";
    p.same("answers", "conflict unknown_task recorded conflict recorded ", seen);
    p.same("history", "5 3", numbers(p.history().runs));
}

} // namespace

std::span<const suite_case> cursor_cases() {
    static constexpr suite_case cases[] = {
        {"the cursor moves from where it is expected", moves_from_expected},
        {"a cursor that is elsewhere is a conflict, and nothing changes", conflict_elsewhere},
        {"never is a place of the cursor like any other", never_is_a_place},
        {"the cursor goes to never", goes_to_never},
        {"force moves the cursor from anywhere", force_from_anywhere},
        {"the cursor waits for the end of a run", waits_for_end},
        {"a manual run leaves the cursor alone", manual_leaves_cursor},
        {"an unknown task is told, and nothing is stored", unknown_task},
        {"tokens grow by one with each run of the task", tokens_grow},
        {"skips without a run move the cursor, once", skip_moves_cursor},
        {"requests of a batch are applied in order", in_order},
        {"a refused request does not fail the others", refused_alone},
    };
    return cases;
}

} // namespace rondo::testing::detail
