// SPDX-License-Identifier: BSL-1.0
#include "table.hpp"

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace uptime {
namespace {

constexpr std::size_t strip_size = 24;

constexpr std::string_view green = "32", red = "31", yellow = "33", grey = "2";

std::string paint(std::string_view text, std::string_view colour, bool colours) {
    return colours ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
}

std::string_view colour_of(std::optional<rondo::outcome> o) {
    if (!o) return yellow;
    return *o == rondo::outcome::success ? green : red;
}

/// One character for each run, so that a strip can be read without colours.
std::string_view mark_of(std::optional<rondo::outcome> o) {
    if (!o) return "*";
    switch (*o) {
    case rondo::outcome::success: return ".";
    case rondo::outcome::failed: return "x";
    case rondo::outcome::timed_out: return "t";
    case rondo::outcome::cancelled: return "c";
    case rondo::outcome::interrupted: return "i";
    case rondo::outcome::abandoned: return "!";
    }
    return "?";
}

/// The latest of `outcomes` (the latest first), oldest to the left, padded.
std::string strip(const std::vector<std::optional<rondo::outcome>>& outcomes, bool colours) {
    const std::size_t shown = std::min(outcomes.size(), strip_size);
    std::string text;
    for (std::size_t i = shown; i-- > 0;)
        text += paint(mark_of(outcomes[i]), colour_of(outcomes[i]), colours);
    return text + std::string(strip_size - shown, ' ');
}

/// "1.4s", "-" for never.
std::string away(rondo::moment then, rondo::wall_time now, int sign) {
    if (!then) return "-";
    const double seconds = std::chrono::duration<double>(*then - now).count() * sign;
    return fmt::format("{:.1f}s", std::max(seconds, 0.0));
}

std::uint64_t skipped(const rondo::counters& c) {
    return c.skipped_overlap + c.skipped_missed + c.skipped_paused + c.skipped_not_owner +
           c.skipped_buffer_full;
}

std::string task_line(const rondo::stat& s, const view& v, bool colours) {
    std::vector<std::optional<rondo::outcome>> outcomes;
    for (const rondo::run& r : v.runs)
        if (r.uid == s.uid) outcomes.push_back(r.outcome);
    return fmt::format("{:<14} {:>5}  {:<7} {:>6} {:>6} {:>6} {:>6} {:>7}  {}\n", s.uid,
                       s.interval ? rondo::to_string(*s.interval) : "-", s.status, away(s.next_run, v.now, 1),
                       away(s.last_run, v.now, -1), s.counters.runs, s.counters.failed + s.counters.timed_out,
                       skipped(s.counters), strip(outcomes, colours));
}

const rondo::task_result* result_of(const rondo::run& r, const std::string& name) {
    auto found = std::ranges::find_if(r.results, [&](auto& result) { return result.user().id() == name; });
    return found == r.results.end() ? nullptr : &*found;
}

std::string endpoint_line(const endpoint& e, const view& v, std::size_t width, bool colours) {
    std::vector<std::optional<rondo::outcome>> outcomes;
    const rondo::task_result* latest = nullptr;
    for (const rondo::run& r : v.runs) {
        const rondo::task_result* found = result_of(r, e.name);
        if (found == nullptr) continue;
        if (latest == nullptr) latest = found;
        outcomes.push_back(found->failed() ? rondo::outcome::failed : rondo::outcome::success);
    }
    const auto up = static_cast<std::size_t>(std::ranges::count(outcomes, rondo::outcome::success));
    std::string share = outcomes.empty() ? "-" : fmt::format("{} %", 100 * up / outcomes.size());
    std::string said = latest == nullptr  ? paint("not probed yet", grey, colours)
                       : latest->failed() ? paint(latest->error(), red, colours)
                                          : latest->message();
    return fmt::format("{:<{}} {:>6}  {}  {}\n", e.name, width, share, strip(outcomes, colours), said);
}

} // namespace

std::string table(const view& v, std::span<const endpoint> endpoints, bool colours) {
    std::string text =
        paint(fmt::format("{:<14} {:>5}  {:<7} {:>6} {:>6} {:>6} {:>6} {:>7}  {}", "TASK", "EVERY", "STATUS",
                          "NEXT", "LAST", "RUNS", "FAILED", "SKIPPED", "LAST RUNS"),
              grey, colours) +
        "\n";
    for (const rondo::stat& s : v.tasks) text += task_line(s, v, colours);

    std::size_t width = 14;
    for (const endpoint& e : endpoints) width = std::max(width, e.name.size());
    text += paint(fmt::format("{:<{}} {:>6}  {:<{}}  {}", "ENDPOINT", width, "UP", "LAST RUNS", strip_size,
                              "LAST ANSWER"),
                  grey, colours) +
            "\n";
    for (const endpoint& e : endpoints) text += endpoint_line(e, v, width, colours);
    text += fmt::format("machine: {}\n", v.machine);
    if (!v.warning.empty()) text += paint("warning: " + v.warning, yellow, colours) + "\n";
    return text;
}

std::string history_lines(const rondo::run& r, bool colours) {
    std::string took = "-";
    if (r.finished_at)
        took = fmt::format("{:.1f} ms",
                           std::chrono::duration<double, std::milli>(*r.finished_at - r.started_at).count());
    std::string outcome(r.outcome ? rondo::to_string(*r.outcome) : "running");
    std::string text = fmt::format("  {}  {:<8} {:<9} {:>10}  {}", rondo::to_string(r.started_at), r.uid,
                                   r.trigger, took, paint(outcome, colour_of(r.outcome), colours));
    if (!r.message.empty()) text += ": " + r.message;
    for (std::size_t i = 0; i < r.results.size(); ++i) {
        const rondo::task_result& result = r.results[i];
        text += fmt::format("{}{}: {}", i == 0 ? "\n      " : "; ", result.user().id(),
                            result.failed() ? paint(result.error(), red, colours) : result.message());
    }
    return text;
}

std::string totals_line(const rondo::stat& s) {
    const rondo::counters& c = s.counters;
    return fmt::format(
        "  {:<8} {} runs: {} succeeded, {} failed, {} timed out, {} cancelled, {} interrupted; "
        "{} slots skipped",
        s.uid, c.runs, c.succeeded, c.failed, c.timed_out, c.cancelled, c.interrupted, skipped(c));
}

} // namespace uptime
