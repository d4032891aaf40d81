// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <algorithm>
#include <chrono>
#include <map>

namespace rondo::testing::detail {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

/// Manual runs of `uid`, ids from `first` on, that start at `at(first)` and later, one a second, and take as long as
/// `durations` say.
void fill(probe& p, std::string_view uid, std::uint64_t first, const std::vector<microseconds>& durations) {
    std::vector<begin_request> begun;
    for (std::size_t i = 0; i < durations.size(); ++i)
        begun.push_back(manual_run(uid, first + i, static_cast<std::int64_t>(first + i)));
    const auto answers = p.begin(begun);
    std::vector<finish_request> ends;
    for (std::size_t i = 0; i < durations.size(); ++i) {
        ends.push_back(end_of(begun[i], answers[i].token));
        ends[i].run.finished_at = begun[i].started->started_at + durations[i];
    }
    p.finish(ends);
}

void end_with(probe& p, std::string_view uid, std::uint64_t n, outcome how) {
    const begin_request r = manual_run(uid, n, static_cast<std::int64_t>(n));
    finish_request end = end_of(r, p.begin(r).token);
    end.run.outcome = how;
    p.finish(end);
}

/// That of a task of which nothing is known but the number of its runs, all of which took a second and succeeded.
task_summary of_successes(std::string_view uid, std::uint64_t runs) {
    task_summary s;
    s.uid = shared_string(uid);
    s.runs = s.succeeded = runs;
    s.duration_p50 = s.duration_p95 = s.duration_max = seconds(1);
    return s;
}

void expect(probe& p, std::string_view what, const std::vector<task_summary>& expected,
            const summary_filter& filter = {}) {
    p.same(what, show(expected), show(p.summary(filter)));
}

void each_outcome(probe& p) {
    p.register_tasks({task("t"), task("idle")});
    std::uint64_t n = 0;
    for (const auto& [how, times] : {std::pair(outcome::success, 6), std::pair(outcome::failed, 1),
                                     std::pair(outcome::timed_out, 2), std::pair(outcome::cancelled, 3),
                                     std::pair(outcome::interrupted, 4), std::pair(outcome::abandoned, 5)})
        for (int i = 0; i < times; ++i) end_with(p, "t", ++n, how);
    p.begin(manual_run("t", ++n, 1));
    task_summary s = of_successes("t", 22);
    s.in_flight = 1;
    s.succeeded = 6;
    s.failed = 1;
    s.timed_out = 2;
    s.cancelled = 3;
    s.interrupted = 4;
    s.abandoned = 5;
    expect(p, "the summary", {s});
}

void sorted(probe& p) {
    p.register_tasks({task("b"), task("c"), task("a"), task("B")});
    fill(p, "b", 1, {seconds(1)});
    fill(p, "a", 2, {seconds(1), seconds(1)});
    fill(p, "B", 4, {seconds(1)});
    expect(p, "all that ran", {of_successes("B", 1), of_successes("a", 2), of_successes("b", 1)});
    summary_filter one;
    one.uid = "a";
    expect(p, "one", {of_successes("a", 2)}, one);
    one.uid = "c";
    expect(p, "one that never ran", {}, one);
    for (const char* uid : {"nobody", ""}) {
        one.uid = uid;
        expect(p, "an unknown uid", {}, one);
    }
}

void window(probe& p) {
    p.register_tasks({task("t"), task("u")});
    fill(p, "t", 10, std::vector<microseconds>(10, seconds(1)));
    fill(p, "u", 25, {seconds(1)});
    summary_filter f;
    f.from = at(12);
    expect(p, "from, which is included", {of_successes("t", 8), of_successes("u", 1)}, f);
    f.to = at(15);
    expect(p, "to, which is not", {of_successes("t", 3)}, f);
    f.from.reset();
    expect(p, "only to", {of_successes("t", 5)}, f);
    f.uid = "t";
    f.from = at(14);
    expect(p, "of one task", {of_successes("t", 1)}, f);
    f.from = at(15);
    expect(p, "nothing in between", {}, f);
    f.to = at(5);
    expect(p, "the wrong way round", {}, f);
}

void nearest_rank(probe& p) {
    struct row {
        std::size_t n;
        int p50, p95;
    };
    p.put(task("t"));
    std::uint64_t first = 0;
    for (const row& r : {row{1, 1, 1}, row{2, 1, 2}, row{3, 2, 3}, row{10, 5, 10}, row{19, 10, 19},
                         row{20, 10, 19}, row{21, 11, 20}, row{100, 50, 95}}) {
        std::vector<microseconds> durations;
        for (std::size_t i = 0; i < r.n; ++i) // 1 to n, but not in that order: 97 shares no factor with any n
            durations.emplace_back(1 + i * 97 % r.n);
        first += 1'000;
        fill(p, "t", first, durations);
        summary_filter f;
        f.from = at(static_cast<std::int64_t>(first));
        task_summary s = of_successes("t", r.n);
        s.duration_p50 = microseconds(r.p50);
        s.duration_p95 = microseconds(r.p95);
        s.duration_max = microseconds(static_cast<std::int64_t>(r.n));
        expect(p, "of " + std::to_string(r.n) + " durations", {s}, f);
    }
}

void no_duration(probe& p) {
    p.register_tasks({task("t"), task("u")});
    fill(p, "t", 1, {seconds(-5), seconds(0), seconds(3)}); // the clock was set back
    end_with(p, "u", 10, outcome::abandoned);
    p.begin(manual_run("u", 11, 11));
    task_summary t = of_successes("t", 3);
    t.duration_p50 = seconds(0);
    t.duration_p95 = t.duration_max = seconds(3);
    task_summary u;
    u.uid = shared_string("u");
    u.runs = 2;
    u.abandoned = u.in_flight = 1;
    expect(p, "the summaries", {t, u});
}

/// More than is read at once, in several tasks.
void many(probe& p) {
    for (const char* uid : {"a", "b", "c"}) p.put(task(uid));
    std::uint64_t first = 1;
    for (const char* uid : {"a", "b", "c"}) {
        std::vector<microseconds> durations;
        for (std::size_t i = 0; i < 1'250; ++i) durations.emplace_back(i * i % 7'919);
        fill(p, uid, first, durations);
        end_with(p, uid, first + 5'000, outcome::failed);
        first += 10'000;
    }
    std::map<shared_string, run_tally> tallies;
    history_filter page;
    page.limit = history_limit_max;
    do {
        const history_page got = p.history(page);
        for (const run& r : got.runs) tallies[r.uid].take(r);
        page.before = got.next;
    } while (page.before);
    std::vector<task_summary> expected;
    for (const auto& [uid, tally] : tallies) expected.push_back(tally.summary(uid));
    expect(p, "as history has it", expected);
}

} // namespace

std::span<const suite_case> summary_cases() {
    static constexpr suite_case cases[] = {
        {"a summary counts each outcome", each_outcome},
        {"summaries are those of the tasks that ran, sorted by uid", sorted},
        {"a summary is of a stretch of time", window},
        {"percentiles are by nearest rank", nearest_rank},
        {"what has no end has no duration, and none is negative", no_duration},
        {"a summary of many runs is that of their history", many},
    };
    return cases;
}

} // namespace rondo::testing::detail
