// SPDX-License-Identifier: BSL-1.0
#include "postgres_tasks.hpp"
#include "command.hpp"
#include "output.hpp"

#include <rondo/record.hpp>

#include <repository/postgres/statements.hpp>
#include <repository/postgres/stored_text.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <utility>

namespace rondo::command {
namespace {

using connection_ptr = std::unique_ptr<PGconn, void (*)(PGconn*)>;
using result_ptr = std::unique_ptr<PGresult, void (*)(PGresult*)>;

// The latest run of each, and who has it: of one that is over, who had it.
constexpr const char* question = R"(
select t.uid, t.name, t.schedule, t.hidden, t.active, t.paused, t.next_slot, r.started_at, r.outcome, r.node,
  (select count(*) from @run f where f.task = t.id and f.outcome is null)
from @task t left join lateral (select * from @run where task = t.id order by started_at desc, id desc limit 1) r on true
order by t.uid)";

// Its first line; the server may say anything.
std::string first_line(const char* message) {
    const std::string all = message;
    return shown(all.substr(0, all.find('\n')));
}

[[noreturn]] void fail(const char* message) {
    throw usage_error("PostgreSQL: " + first_line(message));
}

/// A row of the answer, as text.
class row {
public:
    row(const PGresult* all, int number) : all_(all), number_(number) {}

    [[nodiscard]] bool is_null(int column) const { return PQgetisnull(all_, number_, column) != 0; }
    [[nodiscard]] std::string word(int column) const {
        return is_null(column) ? "-" : std::string(PQgetvalue(all_, number_, column));
    }
    [[nodiscard]] std::string text(int column) const {
        return postgres::detail::from_stored(PQgetvalue(all_, number_, column)).value_or("?");
    }
    [[nodiscard]] bool flag(int column) const { return word(column) == "t"; }
    [[nodiscard]] moment time(int column) const {
        if (is_null(column)) return {};
        return wall_time(std::chrono::microseconds(std::stoll(word(column))));
    }

private:
    const PGresult* all_;
    int number_;
};

std::string next_slot(const moment& m) {
    if (!m) return "finished";
    return *m == cursor_waits_for_end ? "after a run" : to_string(*m);
}

result_ptr ask(const tasks_options& opt) {
    const connection_ptr c(PQconnectdb(opt.file.c_str()), PQfinish);
    if (PQstatus(c.get()) != CONNECTION_OK) fail(PQerrorMessage(c.get()));
    const result_ptr begun(PQexec(c.get(), "begin read only; set local statement_timeout = '10s'"), PQclear);
    result_ptr r(PQexec(c.get(), postgres::detail::in_schema(question, opt.schema).c_str()), PQclear);
    if (PQresultStatus(r.get()) != PGRES_TUPLES_OK) fail(PQerrorMessage(c.get()));
    return r;
}

} // namespace

bool is_postgres(const std::string& where) noexcept {
    return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

int postgres_tasks(const tasks_options& opt) {
    const result_ptr answer = ask(opt);
    table out({"TASK", "NAME", "SCHEDULE", "STATE", "NEXT SLOT", "LAST RUN", "OUTCOME", "RUNNING", "BY"});
    for (int i = 0; i != PQntuples(answer.get()); ++i) {
        const row r(answer.get(), i);
        if (r.flag(3) && !opt.all) continue;
        const std::string state = !r.flag(4) ? "inactive" : r.flag(5) ? "paused" : "active";
        const moment last = r.time(7);
        const std::string outcome = last && r.is_null(8) ? "running" : r.word(8);
        out.add({shown(r.text(0), 60), shown(r.text(1), 40), shown(r.text(2), 60), state,
                 next_slot(r.time(6)), last ? to_string(*last) : "never", shown(outcome), shown(r.word(10)),
                 shown(r.word(9))});
    }
    if (out.empty()) {
        complain("no tasks on record");
        return exit_nothing;
    }
    out.print(has_colours());
    return exit_ok;
}

} // namespace rondo::command
