// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "output.hpp"
#include "postgres.hpp"
#include "postgres_link.hpp"

#include <rondo/record.hpp>

#include <string>

namespace rondo::command {
namespace {

// The latest run of each, and who has it: of one that is over, who had it. A pause whose end has passed is none.
constexpr const char* question = R"(
select t.uid, t.name, t.schedule, t.hidden, t.active,
  t.paused and (t.paused_until is null or t.paused_until > extract(epoch from now()) * 1000000),
  t.next_slot, r.started_at, r.outcome, r.node,
  (select count(*) from @run f where f.task = t.id and f.outcome is null)
from @task t left join lateral (select * from @run where task = t.id order by started_at desc, id desc limit 1) r on true
order by t.uid)";

std::string next_slot(const moment& m) {
    if (!m) return "finished";
    return *m == cursor_waits_for_end ? "after a run" : to_string(*m);
}

} // namespace

bool is_postgres(const std::string& where) noexcept {
    return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

int postgres_tasks(const tasks_options& opt) {
    const postgres_rows r = postgres_link(opt.file, opt.schema, true).ask(question);
    table out({"TASK", "NAME", "SCHEDULE", "STATE", "NEXT SLOT", "LAST RUN", "OUTCOME", "RUNNING", "BY"});
    for (int i = 0; i != r.size(); ++i) {
        if (r.flag(i, 3) && !opt.all) continue;
        const std::string state = !r.flag(i, 4) ? "inactive" : r.flag(i, 5) ? "paused" : "active";
        const moment last = r.time(i, 7);
        const std::string outcome = last && r.is_null(i, 8) ? "running" : r.word(i, 8);
        out.add({shown(r.text(i, 0), 60), shown(r.text(i, 1), 40), shown(r.text(i, 2), 60), state,
                 next_slot(r.time(i, 6)), last ? to_string(*last) : "never", shown(outcome),
                 shown(r.word(i, 10)), shown(r.word(i, 9))});
    }
    if (out.empty()) {
        complain("no tasks on record");
        return exit_nothing;
    }
    out.print(has_colours());
    return exit_ok;
}

} // namespace rondo::command
