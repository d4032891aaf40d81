// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <memory>
#include <string>
#include <utility>

namespace rondo::testing::detail {
namespace {

finish_request end_with(probe& p, std::uint64_t n, run_output output) {
    const begin_request r = manual_run("t", n, static_cast<std::int64_t>(n));
    finish_request end = end_of(r, p.begin(r).token);
    end.run.output = std::make_shared<const run_output>(std::move(output));
    return end;
}

run_output talkative() {
    run_output o;
    o.progress = run_progress{0.375, "gr\xc3\xbc\xc3\x9f", at(3)};
    o.lines = {{at(1), "'; drop table run; --"}, {at(2), ""}, {at(2), "a\ttab"}};
    o.lines_dropped = 7;
    return o;
}

void kept(probe& p) {
    p.put(task("t"));
    run_output only_lines;
    only_lines.lines = {{at(5), "one"}};
    run_output only_progress;
    only_progress.progress = run_progress{1, "", at(-1)};
    std::uint64_t n = 0;
    for (const run_output& o : {talkative(), only_lines, only_progress, run_output()}) {
        const finish_request end = end_with(p, ++n, o);
        p.same("state", "recorded", show(p.finish(end)));
        p.same("the run", show(end.run), show(p.find(end.run.id)));
        history_filter latest;
        latest.limit = 1;
        p.same("history", show(std::vector<run>{end.run}), show(p.history(latest).runs));
        p.same("last runs", show(std::vector<run>{end.run}), show(p.last_runs()));
        p.same("again", "already", show(p.finish(end)));
    }
}

void of_a_run_never_begun(probe& p) {
    p.put(task("t"));
    finish_request end = end_of(manual_run("t", 1, 1), 0);
    end.run.output = std::make_shared<const run_output>(talkative());
    p.same("state", "recorded", show(p.finish(end)));
    p.same("the run", show(end.run), show(p.find(id(1))));
}

void as_much_as_may_be(probe& p) {
    p.put(task("t"));
    run_output o;
    o.progress = run_progress{0, std::string(progress_text_size_max, 'x'), at(0)};
    o.lines.assign(run_lines_max, {at(1), std::string(run_lines_size_max / run_lines_max, 'y')});
    o.lines_dropped = 1'000'000'000'000;
    const finish_request end = end_with(p, 1, o);
    p.finish(end);
    p.same("the run", show(end.run), show(p.find(id(1))));
}

void none(probe& p) {
    p.put(task("t"));
    p.finish(end_with(p, 1, talkative()));
    prune_policy all;
    all.runs_per_task = 0;
    p.same("forgotten", "1", show(p.prune(all).runs));
    const begin_request r = manual_run("t", 2, 2);
    const auto token = p.begin(r).token;
    const auto in_flight = p.find(id(2));
    p.is_true("one in flight has no output", in_flight && in_flight->output == nullptr);
    p.finish(end_of(r, token));
    const auto ended = p.find(id(2));
    p.is_true("one that told nothing has none", ended && ended->output == nullptr);
}

} // namespace

std::span<const suite_case> output_cases() {
    static constexpr suite_case cases[] = {
        {"the output of a run is kept with its end", kept},
        {"the output of a run whose begin never arrived is kept", of_a_run_never_begun},
        {"as much output is kept as a run may have", as_much_as_may_be},
        {"a run has the output of no other", none},
    };
    return cases;
}

} // namespace rondo::testing::detail
