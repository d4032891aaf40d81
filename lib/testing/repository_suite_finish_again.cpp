// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

void repeated_end(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    end.run.results.emplace_back(user("a"), "once");
    p.finish(end);
    finish_request again = end;
    again.run.message = "another";
    again.run.finished_at = at(500);
    p.same("state of the repeat", "already", show(p.finish(again)));
    again.token = 0;
    p.same("with token 0", "already", show(p.finish(again)));
    p.same("the run", show(end.run), show(p.find(id(1))));
    history_filter of_user;
    of_user.user = "a";
    p.same("runs with a result for a", "1", numbers(p.history(of_user).runs));
}

void other_outcome(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    const finish_request end = end_of(r, p.begin(r).token);
    p.finish(end);
    finish_request other = end;
    other.run.outcome = outcome::cancelled;
    p.same("state", "fenced", show(p.finish(other)));
    other.token = 0;
    p.same("with token 0", "fenced", show(p.finish(other)));
    p.same("the run", show(end.run), show(p.find(id(1))));
}

void repeat_leaves_cursor(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 0);
    r.next = cursor_waits_for_end;
    finish_request end = end_of(r, p.begin(r).token);
    end.next_slot = at(20);
    p.finish(end);
    r = slot_run("t", 2, 20);
    r.next = cursor_waits_for_end;
    p.begin(r);
    end.next_slot = at(99);
    p.same("state of the repeat", "already", show(p.finish(end)));
    p.same("cursor", show(cursor_waits_for_end), show(p.cursor("t")));
    p.same("state of a fenced one", "fenced", show(p.finish(end_of(r, 77))));
    p.same("cursor", show(cursor_waits_for_end), show(p.cursor("t")));
}

void batch_of_ends(probe& p) {
    p.put(task("t"));
    const std::vector<begin_request> begun{slot_run("t", 1, 0), slot_run("t", 2, 10), slot_run("t", 3, 20)};
    p.begin(begun);
    const auto states = p.finish({end_of(begun[2], 3), end_of(begun[0], 2), end_of(begun[0], 1),
                                  end_of(begun[0], 1), end_of(slot_run("t", 4, 30), 0)});
    std::string seen;
    for (finish_state s : states) seen += show(s) + " ";
    p.same("states", "recorded fenced recorded already recorded ", seen);
    history_filter ended;
    ended.outcome = outcome::success;
    p.same("ended", "4 3 1", numbers(p.history(ended).runs));
}

void ends_of_two_tasks(probe& p) {
    p.put(task("t"));
    p.put(task("u"));
    const begin_request t = slot_run("t", 1, 0);
    const begin_request u = slot_run("u", 2, 0);
    p.begin({t, u});
    p.finish(end_of(u, 1));
    const auto kept = p.find(id(1));
    p.is_true("the other is in flight", kept && !kept->outcome);
}

void end_under_another_uid(probe& p) {
    p.put(task("t"));
    p.put(task("u"));
    const begin_request t = slot_run("t", 1, 0);
    p.begin({t, slot_run("u", 2, 0)});
    finish_request end = end_of(t, 1);
    end.run.uid = shared_string("u");
    p.same("state", "fenced", show(p.finish(end)));
    const auto kept = p.find(id(1));
    p.is_true("it is in flight", kept && !kept->outcome);
}

} // namespace

std::span<const suite_case> finish_again_cases() {
    static constexpr suite_case cases[] = {
        {"a repeated end is already there, and changes nothing", repeated_end},
        {"another outcome is fenced off", other_outcome},
        {"a repeated end moves no cursor", repeat_leaves_cursor},
        {"ends of a batch are applied in order, each for itself", batch_of_ends, kept_by::alone},
        {"an end concerns its own run alone", ends_of_two_tasks},
        {"an end under the uid of another task is fenced off", end_under_another_uid},
    };
    return cases;
}

} // namespace rondo::testing::detail
