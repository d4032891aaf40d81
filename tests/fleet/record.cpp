// SPDX-License-Identifier: BSL-1.0
#include <fleet/record.hpp>

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <utility>

namespace rondo::fleet {
namespace {

using result_ptr = std::unique_ptr<PGresult, void (*)(PGresult*)>;

result_ptr query(PGconn* c, const std::string& sql) {
    result_ptr r(PQexec(c, sql.c_str()), PQclear);
    const ExecStatusType status = PQresultStatus(r.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        throw std::runtime_error(sql + ": " + PQerrorMessage(c));
    return r;
}

/// A row of a result, as text.
struct row {
    const PGresult* all;
    int number;

    [[nodiscard]] std::string text(int column) const { return PQgetvalue(all, number, column); }
    [[nodiscard]] wall_time time(int column) const {
        return wall_time(std::chrono::microseconds(std::stoll(text(column))));
    }
    [[nodiscard]] moment maybe(int column) const {
        return PQgetisnull(all, number, column) != 0 ? moment() : moment(time(column));
    }
};

void each_row(PGconn* c, const std::string& sql, const std::function<void(const row&)>& f) {
    const result_ptr r = query(c, sql);
    for (int i = 0; i != PQntuples(r.get()); ++i) f({r.get(), i});
}

} // namespace

void database::close::operator()(pg_conn* c) const noexcept {
    PQfinish(c);
}

database::database(const std::string& server, std::string schema)
    : schema_(std::move(schema)), connection_(PQconnectdb(server.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK)
        throw std::runtime_error(PQerrorMessage(connection_.get()));
}

std::optional<std::string> database::ask(const std::string& sql) {
    const result_ptr r = query(connection_.get(), sql);
    if (PQntuples(r.get()) == 0 || PQgetisnull(r.get(), 0, 0) != 0) return std::nullopt;
    return PQgetvalue(r.get(), 0, 0);
}

record_of_fleet database::read_tasks() {
    PGconn* const c = connection_.get();
    record_of_fleet all;
    each_row(c, "select (extract(epoch from clock_timestamp()) * 1000000)::int8",
             [&](const row& r) { all.now = r.time(0); });
    each_row(
        c, "select uid, anchor, next_slot, paused from " + schema_ + ".task order by uid",
        [&](const row& r) { all.tasks.push_back({r.text(0), r.time(1), r.maybe(2), r.text(3) == "t"}); });
    return all;
}

record_of_fleet database::read() {
    PGconn* const c = connection_.get();
    (void)query(c, "begin isolation level repeatable read");
    record_of_fleet all = read_tasks();
    each_row(
        c,
        "select r.id, t.uid, r.\"trigger\", r.attempt, r.scheduled_at, r.finished_at, r.outcome, r.token, "
        "r.lease_until from " +
            schema_ + ".run r join " + schema_ +
            ".task t on t.id = r.task order by t.uid, r.scheduled_at, r.attempt, r.id",
        [&](const row& r) {
            run_on_record n;
            n.id = r.text(0);
            n.uid = r.text(1);
            n.trigger = trigger_from(r.text(2)).value();
            n.attempt = static_cast<std::uint32_t>(std::stoul(r.text(3)));
            n.slot = r.time(4);
            n.finished = r.maybe(5);
            n.outcome = outcome_from(r.text(6));
            n.token = std::stoull(r.text(7));
            n.lease_until = r.maybe(8);
            all.runs.push_back(std::move(n));
        });
    each_row(c,
             "select t.uid, s.reason, s.first_slot, s.last_slot, s.slots from " + schema_ + ".skip s join " +
                 schema_ + ".task t on t.id = s.task order by t.uid, s.first_slot",
             [&](const row& r) {
                 all.skips.push_back(
                     {r.text(0),
                      {skip_reason_from(r.text(1)).value(), r.time(2), r.time(3), std::stoull(r.text(4))}});
             });
    (void)query(c, "commit");
    return all;
}

} // namespace rondo::fleet
