// SPDX-License-Identifier: BSL-1.0
#include "summary.hpp"

#include "output.hpp"

#include <rondo/summary.hpp>

#include <fmt/format.h>

#include <map>
#include <string>

namespace rondo::command {
namespace {

std::string seconds(const std::optional<std::chrono::microseconds>& d) {
    return d ? fmt::format("{:.3f} s", static_cast<double>(d->count()) / 1e6) : "-";
}

// 100 % is all of them: 9,999 of 10,000 is not.
std::string percent(const std::optional<double>& rate) {
    if (!rate) return "-";
    return *rate < 1 && *rate > 0.9995 ? "> 99.9 %" : fmt::format("{:.1f} %", 100 * *rate);
}

} // namespace

bool print_summary(run_pages& pages) {
    std::map<shared_string, run_tally> tallies;
    const auto take = [&](const store&, const run& r) {
        tallies[r.uid].take(r);
        return true;
    };
    while (pages.next(take)) {
    }
    table out(
        {"TASK", "RUNS", "SUCCEEDED", "FAILED", "TIMED OUT", "OTHERS", "SUCCESS", "P50", "P95", "LONGEST"});
    for (const auto& [uid, tally] : tallies) {
        const task_summary s = tally.summary(uid);
        out.add({shown(uid.view(), 60), std::to_string(s.runs), std::to_string(s.succeeded),
                 std::to_string(s.failed), std::to_string(s.timed_out),
                 std::to_string(s.runs - s.succeeded - s.failed - s.timed_out), percent(s.success_rate()),
                 seconds(s.duration_p50), seconds(s.duration_p95), seconds(s.duration_max)});
    }
    if (out.empty()) return false;
    out.print(has_colours());
    return true;
}

} // namespace rondo::command
