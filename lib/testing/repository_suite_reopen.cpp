// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <memory>

namespace rondo::testing::detail {
namespace {

void all_survives(probe& p) {
    task_definition t = task("t");
    t.name = shared_string("a name");
    p.put(t);
    p.put(task("idle"));
    task_update pause;
    pause.uid = shared_string("idle");
    pause.paused = true;
    p.update({pause});
    p.add_users({user("b"), user("a")});
    begin_request manual = manual_run("t", 1, 3);
    manual.started->users = {user("b")};
    finish_request end = end_of(manual, p.begin(manual).token);
    end.run.outcome = outcome::failed;
    end.run.message = "why";
    run_output output;
    output.progress = run_progress{0.5, "half", at(4)};
    output.lines = {{at(3), "a line"}};
    end.run.output = std::make_shared<const run_output>(output);
    end.run.results.push_back(task_result::failure(user("b"), "no"));
    p.finish(end);
    const skip_range skipped = skip(skip_reason::paused, 0, 10, 2);
    p.begin(skip_only("t", 0, 20, skipped));

    p.reopen();
    p.same("abandoned", "0", show(p.start(at(100))));
    task_state expected;
    expected.anchor = at(0);
    expected.next_slot = at(20);
    expected.last_run = at(3);
    expected.last_outcome = outcome::failed;
    expected.failures = 1;
    p.same("the task", show(expected), show(p.put(t)));
    p.is_true("the other is paused", p.put(task("idle")).paused);
    p.same("the run", show(end.run), show(p.find(id(1))));
    p.same("history", "1", numbers(p.history().runs));
    p.same("last runs for b", "1", numbers(p.last_runs("b")));
    p.same("skips", show(std::vector<skip_range>{skipped}), show(p.skips("t")));
    p.same("users", "['a', 'b']", show(p.users()));
    p.same("the next token", "2", show(p.begin(slot_run("t", 2, 20)).token));
}

void in_flight(probe& p) {
    p.put(task("t"));
    p.begin({slot_run("t", 1, 0), slot_run("t", 2, 10)});
    p.reopen();
    p.same("abandoned", "2", show(p.start(at(100))));
    const auto r = p.find(id(2));
    p.same("outcome", "abandoned", show(r ? r->outcome : std::nullopt));
    p.same("finished at", show(at(100)), show(r ? r->finished_at : moment()));
    p.reopen();
    p.same("abandoned again", "0", show(p.start(at(200))));
    p.same("cursor", show(at(20)), show(p.cursor("t")));
}

void repeats(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    const auto answer = p.begin(r);
    p.reopen();
    p.same("answer to the repeat", show(answer), show(p.begin(r)));
    p.finish(end_of(r, answer.token));
    p.reopen();
    p.same("state of the repeat", "already", show(p.finish(end_of(r, answer.token))));
    begin_request other = slot_run("t", 2, 0);
    other.force = true;
    p.same("its slot is taken", "conflict", show(p.begin(other).state));
    p.same("history", "1", numbers(p.history().runs));
}

void forgotten_stays_forgotten(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    p.finish(end_of(r, p.begin(r).token));
    p.add_users({user("a"), user("b")});
    p.remove_users({user("a")});
    prune_policy policy;
    policy.runs_per_task = 0;
    p.prune(policy);
    p.reopen();
    p.same("history", "", numbers(p.history().runs));
    p.same("users", "['b']", show(p.users()));
}

} // namespace

std::span<const suite_case> reopen_cases() {
    static constexpr suite_case cases[] = {
        {"all survives when the repository is opened again", all_survives},
        {"runs in flight are abandoned after it is opened again", in_flight},
        {"calls are repeated after it is opened again", repeats, kept_by::alone},
        {"what was forgotten stays forgotten", forgotten_stays_forgotten},
    };
    return cases;
}

} // namespace rondo::testing::detail
