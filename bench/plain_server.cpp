// SPDX-License-Identifier: BSL-1.0
#include <plain_server.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <libpq-fe.h>
#include <stdexcept>
#include <string_view>

namespace rondo::bench {
namespace {

// The cursor moves only from where it is thought to be; who holds it at that moment gets it. In one order, so that
// nobody waits for somebody who waits for him.
constexpr std::string_view begin_sql = R"(
with w as (
  select w.uid, w.id from unnest($1::text[], $2::uuid[]) as w (uid, id) join rondo.task t on t.uid = w.uid
  order by t.id for no key update of t),
moved as (
  update rondo.task t set next_slot = $3::bigint + 1000000, token = t.token + 1 from w
  where t.uid = w.uid and t.next_slot = $3::bigint returning t.id as task, t.token, w.id)
insert into rondo.run (id, task, "trigger", scheduled_at, started_at, token{})
  select id, task, 'schedule', $3::bigint, $3::bigint, token{} from moved returning id)";

constexpr std::string_view end_sql = R"(
update rondo.run set finished_at = started_at + 1, outcome = 'success' where id = any($1::uuid[]) and outcome is null)";

struct clear {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};
using answer = std::unique_ptr<PGresult, clear>;

void check(pg_conn* c, const PGresult* r) {
    const ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error(std::string("PostgreSQL: ") + PQerrorMessage(c));
}

} // namespace

void plain_server::finish::operator()(pg_conn* c) const noexcept {
    PQfinish(c);
}

plain_server::plain_server(const std::string& server, std::uint64_t no, bool leases)
    : connection_(PQconnectdb(server.c_str())), no_(no) {
    pg_conn* const c = connection_.get();
    const std::string begin =
        fmt::format(begin_sql, leases ? ", node, lease_until, attempts_max" : "",
                    leases ? fmt::format(", 'node {}', extract(epoch from now()) * 1000000 + 30000000, 1", no)
                           : std::string());
    for (const auto& [name, sql] : {std::pair{"begin", begin}, std::pair{"end", std::string(end_sql)}}) {
        const answer r(PQprepare(c, name, sql.c_str(), 0, nullptr));
        check(c, r.get());
    }
}

void plain_server::add(std::size_t tasks) {
    const std::string sql =
        fmt::format("insert into rondo.task (uid, name, schedule, hidden, anchor, next_slot) "
                    "select 'task-' || n, '', 'every 1s', false, 0, 0 from generate_series(0, {}) as n",
                    tasks - 1);
    const answer r(PQexec(connection_.get(), sql.c_str()));
    check(connection_.get(), r.get());
}

std::size_t plain_server::begin(std::size_t tasks, std::int64_t n) {
    std::string uids(1, '{');
    begun_.assign(1, '{');
    for (std::size_t i = 0; i != tasks; ++i) {
        const char* comma = i == 0 ? "" : ",";
        uids += fmt::format("{}task-{}", comma, i);
        begun_ += fmt::format("{}{:08x}-0000-7000-8000-{:012x}", comma, no_, runs_++);
    }
    uids += '}';
    begun_ += '}';
    const std::string slot = std::to_string(n * 1'000'000);
    const std::array<const char*, 3> values{uids.c_str(), begun_.c_str(), slot.c_str()};
    return execute("begin", 3, values.data());
}

void plain_server::end() {
    const std::array<const char*, 1> values{begun_.c_str()};
    execute("end", 1, values.data());
}

std::size_t plain_server::execute(const char* name, int count, const char* const* values) {
    const answer r(PQexecPrepared(connection_.get(), name, count, values, nullptr, nullptr, 0));
    check(connection_.get(), r.get());
    return static_cast<std::size_t>(PQntuples(r.get()));
}

} // namespace rondo::bench
