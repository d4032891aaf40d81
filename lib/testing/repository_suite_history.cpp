// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

/// Runs 1 to 6 of "t" and "u": slots, a manual one, results for "a" and "b"; 6 is in flight.
void fill(probe& p) {
    p.register_tasks({task("t"), task("u")});
    begin_request manual = manual_run("u", 5, 31);
    manual.started->users = {user("b")};
    begin_request caught_up = slot_run("u", 4, 20);
    caught_up.expected = at(0);
    caught_up.started->trigger = trigger::catch_up;
    const std::vector<begin_request> begun{
        slot_run("t", 1, 0), slot_run("t", 2, 10), slot_run("t", 3, 20), caught_up, manual,
        slot_run("u", 6, 30)};
    const auto answers = p.begin(begun);
    std::vector<finish_request> ends;
    for (std::size_t i = 0; i < 5; ++i) ends.push_back(end_of(begun[i], answers[i].token));
    ends[0].run.results.emplace_back(user("a"), "");
    ends[1].run.outcome = outcome::failed;
    ends[1].run.results.push_back(task_result::failure(user("a"), "no"));
    ends[1].run.results.emplace_back(user("b"), "");
    ends[3].run.outcome = outcome::failed;
    ends[3].run.results.emplace_back(user("a"), "");
    ends[4].run.results.emplace_back(user("b"), "");
    p.finish(ends);
}

/// The ids that this filter lets through, in order.
template <class F>
void expect(probe& p, std::string_view what, std::string_view ids, F set) {
    history_filter filter;
    set(filter);
    const history_page page = p.history(filter);
    p.same(what, ids, numbers(page.runs));
    p.is_true("it is the last page", !page.next);
}

void latest_first(probe& p) {
    fill(p);
    // 5 and 6 start at the same instant, as do 3 and 4.
    expect(p, "all", "6 5 4 3 2 1", [](history_filter&) {});
}

void one_condition(probe& p) {
    fill(p);
    expect(p, "uid", "3 2 1", [](history_filter& f) { f.uid = "t"; });
    expect(p, "user", "4 2 1", [](history_filter& f) { f.user = "a"; });
    expect(p, "outcome success", "5 3 1", [](history_filter& f) { f.outcome = outcome::success; });
    expect(p, "outcome failed", "4 2", [](history_filter& f) { f.outcome = outcome::failed; });
    expect(p, "outcome abandoned", "", [](history_filter& f) { f.outcome = outcome::abandoned; });
    expect(p, "trigger schedule", "6 3 2 1", [](history_filter& f) { f.trigger = trigger::schedule; });
    expect(p, "trigger manual", "5", [](history_filter& f) { f.trigger = trigger::manual; });
    expect(p, "trigger catch_up", "4", [](history_filter& f) { f.trigger = trigger::catch_up; });
    expect(p, "from, which is included", "6 5 4 3", [](history_filter& f) { f.from = at(21); });
    expect(p, "from, one too late", "6 5", [](history_filter& f) { f.from = at(22); });
    expect(p, "to, which is not", "2 1", [](history_filter& f) { f.to = at(21); });
    expect(p, "to, one later", "4 3 2 1", [](history_filter& f) { f.to = at(22); });
}

void conditions_together(probe& p) {
    fill(p);
    expect(p, "uid and user", "2 1", [](history_filter& f) {
        f.uid = "t";
        f.user = "a";
    });
    expect(p, "user and outcome", "4 2", [](history_filter& f) {
        f.user = "a";
        f.outcome = outcome::failed;
    });
    expect(p, "uid and trigger", "6", [](history_filter& f) {
        f.uid = "u";
        f.trigger = trigger::schedule;
    });
    expect(p, "from and to", "4 3 2", [](history_filter& f) {
        f.from = at(11);
        f.to = at(31);
    });
    expect(p, "from and to that leave nothing", "", [](history_filter& f) {
        f.from = at(11);
        f.to = at(11);
    });
    expect(p, "all of them", "2", [](history_filter& f) {
        f.uid = "t";
        f.user = "b";
        f.outcome = outcome::failed;
        f.trigger = trigger::schedule;
        f.from = at(0);
        f.to = at(100);
        f.before = history_key{at(21), id(3)};
    });
}

void unknown_words(probe& p) {
    fill(p);
    expect(p, "an unknown uid", "", [](history_filter& f) { f.uid = "nobody"; });
    expect(p, "an unknown user", "", [](history_filter& f) { f.user = "nobody"; });
    expect(p, "an empty uid", "", [](history_filter& f) { f.uid = ""; });
    expect(p, "an empty user", "", [](history_filter& f) { f.user = ""; });
}

void asking_is_no_result(probe& p) {
    p.put(task("t"));
    begin_request r = manual_run("t", 1, 0);
    r.started->users = {user("a")};
    p.finish(end_of(r, p.begin(r).token));
    expect(p, "a run that reported nothing on a", "", [](history_filter& f) { f.user = "a"; });
}

void several_results_for_one(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    end.run.results.emplace_back(user("a"), "first");
    end.run.results.emplace_back(user("b"), "");
    end.run.results.emplace_back(user("a"), "second");
    p.finish(end);
    expect(p, "the run", "1", [](history_filter& f) { f.user = "a"; });
    p.same("its results", show(end.run), show(p.find(id(1))));
}

void whole_runs(probe& p) {
    p.put(task("t"));
    begin_request r = manual_run("t", 1, 0);
    r.started->users = {user("b"), user("a")};
    finish_request end = end_of(r, p.begin(r).token);
    end.run.message = "why";
    end.run.results.emplace_back(user("a"), "m");
    p.finish(end);
    p.same("the page", show(std::vector<run>{end.run}), show(p.history().runs));
}

} // namespace

std::span<const suite_case> history_cases() {
    static constexpr suite_case cases[] = {
        {"the latest start comes first, equal starts by descending id", latest_first},
        {"history is filtered by each condition", one_condition},
        {"history is filtered by several conditions", conditions_together},
        {"unknown uids and users have no history", unknown_words},
        {"who asked for a run has no result by that", asking_is_no_result},
        {"a run with several results for one user is listed once", several_results_for_one},
        {"history shows runs whole", whole_runs},
    };
    return cases;
}

} // namespace rondo::testing::detail
