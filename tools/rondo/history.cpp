// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "output.hpp"
#include "store.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>

namespace rondo::command {
namespace {

std::string took(const moment& from, const moment& to) {
    if (!from || !to) return "-";
    // Of any two numbers that a file may hold.
    double micros = static_cast<double>(to->time_since_epoch().count()) -
                    static_cast<double>(from->time_since_epoch().count());
    return fmt::format("{:.3f} s", micros / 1e6);
}

std::int64_t id_of(const store& from, const std::string& uid) {
    rows found(from, "select id from task where uid = ?1");
    found.bind(1, std::string_view(uid));
    return found.next() ? found.integer(0) : -1;
}

// None if there is no such task. Closes the database before anything is printed, as in tasks.cpp.
std::optional<table> read(const history_options& opt, bool colours) {
    store from(opt.file);
    std::int64_t task = opt.task ? id_of(from, *opt.task) : 0;
    if (task < 0) return std::nullopt;
    // Either way the index that is in the order of time is read, and no further than the limit: hence `cross`.
    std::string sql =
        "select run.started_at, run.finished_at, task.uid, run.\"trigger\", run.outcome, run.message "
        "from run cross join task on task.id = run.task ";
    sql += opt.task ? "where run.task = ?2 " : "";
    rows found(from, sql + "order by run.started_at desc, run.id desc limit ?1");
    found.bind(1, opt.limit);
    if (opt.task) found.bind(2, task);

    table out({"STARTED", "TASK", "TRIGGER", "TOOK", "OUTCOME"});
    while (found.next()) {
        auto o = found.outcome(4);
        std::string end = paint(o ? to_string(*o) : "running", colour_of(o), colours);
        if (std::string message = found.text(5); !message.empty()) end += ": " + shown(message);
        moment started = found.time(0);
        // When a process died is not known, only when somebody saw that it had.
        moment finished = o == rondo::outcome::abandoned ? moment() : found.time(1);
        out.add({to_string(started), shown(found.text(2), 60), shown(found.text(3), 20),
                 took(started, finished), end});
    }
    return out;
}

} // namespace

int history(const history_options& opt) {
    const bool colours = has_colours();
    const std::optional<table> found = read(opt, colours);
    if (!found || found->empty()) {
        complain(found ? "no runs on record" : fmt::format("no task '{}' on record", shown(*opt.task)));
        return exit_nothing;
    }
    found->print(colours);
    return exit_ok;
}

} // namespace rondo::command
