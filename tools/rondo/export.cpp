// SPDX-License-Identifier: BSL-1.0
#include "export.hpp"

#include "encode.hpp"

#include <fmt/format.h>

namespace rondo::command {
namespace {

std::string json_time(const moment& m) {
    return m ? '"' + to_string(*m, 6) + '"' : "null";
}

std::string json_output(const run& r) {
    if (r.output == nullptr) return "\"progress\":null,\"log\":[],\"log_dropped\":0";
    const run_output& o = *r.output;
    std::string out = "\"progress\":";
    out += !o.progress ? "null"
                       : fmt::format("{{\"share\":{},\"text\":{},\"at\":{}}}", o.progress->share,
                                     json_string(o.progress->text), json_time(o.progress->at));
    out += ",\"log\":[";
    for (const run_line& line : o.lines)
        out += fmt::format("{}{{\"at\":{},\"text\":{}}}", out.back() == '[' ? "" : ",", json_time(line.at),
                           json_string(line.text));
    return out + fmt::format("],\"log_dropped\":{}", o.lines_dropped);
}

} // namespace

std::optional<std::chrono::duration<double>> took(const run& r) {
    if (!r.finished_at || r.outcome == outcome::abandoned) return std::nullopt;
    // Of any two numbers that a file may hold.
    const double micros = static_cast<double>(r.finished_at->time_since_epoch().count()) -
                          static_cast<double>(r.started_at.time_since_epoch().count());
    return std::chrono::duration<double>(micros / 1e6);
}

std::string csv_head() {
    return "id,task,trigger,attempt,scheduled_at,started_at,finished_at,seconds,outcome,message,progress\r\n";
}

std::string csv_line(const run& r) {
    const auto d = took(r);
    const bool tells = r.output != nullptr && r.output->progress;
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", to_string(r.id), csv_field(r.uid.view()),
                       to_string(r.trigger), r.attempt, to_string(r.scheduled_at, 6),
                       to_string(r.started_at, 6), r.finished_at ? to_string(*r.finished_at, 6) : "",
                       d ? fmt::format("{:.6f}", d->count()) : "", r.outcome ? to_string(*r.outcome) : "",
                       csv_field(r.message), tells ? fmt::format("{}", r.output->progress->share) : "");
}

std::string json_line(const run& r) {
    const auto d = took(r);
    std::string out = fmt::format(
        "{{\"id\":\"{}\",\"task\":{},\"trigger\":\"{}\",\"attempt\":{},\"scheduled_at\":{},\"started_at\":{},"
        "\"finished_at\":{},\"seconds\":{},\"outcome\":{},\"message\":{},\"users\":[",
        to_string(r.id), json_string(r.uid.view()), to_string(r.trigger), r.attempt,
        json_time(r.scheduled_at), json_time(r.started_at), json_time(r.finished_at),
        d ? fmt::format("{:.6f}", d->count()) : "null",
        r.outcome ? fmt::format("\"{}\"", to_string(*r.outcome)) : "null", json_string(r.message));
    for (const user& u : r.users) out += (out.back() == '[' ? "" : ",") + json_string(u.id());
    out += "],\"results\":[";
    for (const task_result& result : r.results)
        out += fmt::format("{}{{\"user\":{},\"message\":{},\"error\":{}}}", out.back() == '[' ? "" : ",",
                           json_string(result.user().id()), json_string(result.message()),
                           result.failed() ? json_string(result.error()) : "null");
    return out + "]," + json_output(r) + "}\n";
}

} // namespace rondo::command
