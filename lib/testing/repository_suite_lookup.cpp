// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

/// Begins and ends a run, with results for these users.
void ended_run(probe& p, const begin_request& r, const std::vector<std::string>& users = {}) {
    finish_request end = end_of(r, p.begin(r).token);
    for (const std::string& u : users) end.run.results.emplace_back(user(u), "");
    p.finish(end);
}

void find_by_id(probe& p) {
    p.put(task("t"));
    p.begin(slot_run("t", 1, 0));
    const auto in_flight = p.find(id(1));
    p.is_true("a run in flight", in_flight && in_flight->id == id(1) && !in_flight->outcome);
    p.finish(end_of(slot_run("t", 1, 0), 1));
    const auto ended = p.find(id(1));
    p.is_true("a run that ended", ended && ended->outcome == outcome::success);
    p.same("an id nobody has", "no run", show(p.find(id(2))));
    p.same("the id that is all zeros", "no run", show(p.find(run_id())));
    run_id same_half = id(1);
    same_half.high ^= 1;
    p.same("an id that differs in one bit", "no run", show(p.find(same_half)));
}

void last_of_each(probe& p) {
    p.same("of nobody", "", numbers(p.last_runs()));
    p.register_tasks({task("zebra"), task("ape"), task("idle"), task("Zoo")});
    ended_run(p, slot_run("zebra", 1, 0));
    ended_run(p, slot_run("zebra", 2, 10));
    ended_run(p, slot_run("ape", 3, 0));
    p.begin(slot_run("ape", 4, 10));
    ended_run(p, slot_run("Zoo", 5, 0));
    p.begin(slot_run("idle", 6, 0));
    p.same("sorted by uid", "5 3 2", numbers(p.last_runs()));
}

void last_is_by_start(probe& p) {
    p.put(task("t"));
    const begin_request early = manual_run("t", 1, 10);
    const begin_request late = manual_run("t", 2, 20);
    const begin_request equal = manual_run("t", 3, 20);
    p.begin({late, equal, early});
    p.finish({end_of(equal, 2), end_of(late, 1)});
    p.finish(end_of(early, 3)); // ends last
    p.same("last", "3", numbers(p.last_runs()));
}

void last_for_user(probe& p) {
    p.register_tasks({task("t"), task("u"), task("v")});
    ended_run(p, slot_run("u", 1, 0), {"a", "b"});
    ended_run(p, slot_run("u", 2, 10), {"b"});
    ended_run(p, slot_run("t", 3, 0), {"a"});
    ended_run(p, slot_run("t", 4, 10), {"a", "a"});
    ended_run(p, slot_run("v", 5, 0), {"c"});
    p.same("for a", "4 1", numbers(p.last_runs("a")));
    p.same("for b", "2", numbers(p.last_runs("b")));
    p.same("for nobody", "", numbers(p.last_runs("d")));
    p.same("for all", "4 2 5", numbers(p.last_runs()));
}

void last_shows_whole(probe& p) {
    p.put(task("t"));
    begin_request r = manual_run("t", 1, 0);
    r.started->users = {user("b")};
    finish_request end = end_of(r, p.begin(r).token);
    end.run.message = "why";
    end.run.results.emplace_back(user("b"), "m");
    end.run.results.push_back(task_result::failure(user("c"), "e"));
    p.finish(end);
    p.same("the runs", show(std::vector<run>{end.run}), show(p.last_runs()));
    p.same("the runs for c", show(std::vector<run>{end.run}), show(p.last_runs("c")));
}

} // namespace

std::span<const suite_case> lookup_cases() {
    static constexpr suite_case cases[] = {
        {"a run is found by its id", find_by_id},
        {"the last runs are the latest that ended, sorted by uid", last_of_each},
        {"the last run is the one that started last", last_is_by_start},
        {"the last runs for a user have a result for it", last_for_user},
        {"the last runs are shown whole", last_shows_whole},
    };
    return cases;
}

} // namespace rondo::testing::detail
