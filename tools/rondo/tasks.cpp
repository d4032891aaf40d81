// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "output.hpp"
#include "store.hpp"

#include <rondo/record.hpp>

#include <repository/sqlite/schema.hpp>

#include <cstdint>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <unordered_map>

namespace rondo::command {
namespace {

constexpr std::int64_t strip_size = 60;

std::string next_slot(const moment& m) {
    if (!m) return "finished";
    return *m == cursor_waits_for_end ? "after a run" : to_string(*m);
}

/// By the numbers of the tasks.
std::unordered_map<std::int64_t, moment> read_cursors(const store& from) {
    std::unordered_map<std::int64_t, moment> cursors;
    const bool pages = from.version() >= 4;
    rows found(from, pages ? sqlite::detail::every_cursor : "select 0, id, 1, next_slot, 0 from task");
    while (found.next()) {
        const bool sound = found.integer(2) == 1 && cursors.emplace(found.integer(1), found.time(3)).second;
        if (!sound) from.fail(SQLITE_CORRUPT);
    }
    return cursors;
}

// The database is closed before anything is printed: a pager may take its time, and what a reader still
// looks at keeps the log of a server from being cut.
table read(const tasks_options& opt, bool colours) {
    store from(opt.file);
    const auto cursors = read_cursors(from);
    rows found(from, "select id, uid, name, schedule, hidden, paused, active from task order by uid");
    rows runs(
        from,
        "select started_at, outcome from run where task = ?1 order by started_at desc, id desc limit ?2");
    table out({"TASK", "NAME", "SCHEDULE", "STATE", "NEXT SLOT", "LAST RUN", "OUTCOME", "LAST RUNS"});
    while (found.next()) {
        if (found.integer(4) != 0 && !opt.all) continue;
        runs.again();
        runs.bind(1, found.integer(0));
        runs.bind(2, strip_size);
        moment last;
        std::string outcome = "-";
        std::string strip;
        while (runs.next()) {
            auto o = runs.outcome(1);
            if (!last) {
                last = runs.time(0);
                outcome = o ? to_string(*o) : "running";
            }
            strip.insert(0, paint(mark_of(o), colour_of(o), colours)); // the oldest comes first
        }
        const auto cursor = cursors.find(found.integer(0));
        if (cursor == cursors.end()) from.fail(SQLITE_CORRUPT);
        std::string state = found.integer(6) == 0 ? "inactive" : found.integer(5) != 0 ? "paused" : "active";
        out.add({shown(found.text(1), 60), shown(found.text(2), 40), shown(found.text(3), 60), state,
                 next_slot(cursor->second), last ? to_string(*last) : "never", outcome, strip});
    }
    return out;
}

} // namespace

int tasks(const tasks_options& opt) {
    const bool colours = has_colours();
    const table found = read(opt, colours);
    if (found.empty()) {
        complain("no tasks on record");
        return exit_nothing;
    }
    found.print(colours);
    return exit_ok;
}

} // namespace rondo::command
