// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/lease_statements.hpp>

#include <repository/postgres/statements.hpp>

namespace rondo::postgres::detail {
namespace {

// By the clock of the server, in microseconds: when the transaction began, so that leases are rather too short; and now.
#define RONDO_NOW "(extract(epoch from now()) * 1000000)::int8"
#define RONDO_CLOCK "(extract(epoch from clock_timestamp()) * 1000000)::int8"

// Where managers share the tasks: what belonged to one that had them to itself.
constexpr std::string_view start_shared_runs = R"(
update @run set finished_at = greatest(started_at, $1), outcome = 'abandoned', message = $2
where outcome is null and lease_until is null)";

constexpr std::string_view has_unheld = R"(
select exists (select from @run where outcome is null and lease_until is null))";

constexpr std::string_view has_leases = R"(
select exists (select from @run where outcome is null and lease_until > )" RONDO_NOW ")";

constexpr std::string_view read_clock = "select " RONDO_CLOCK;

// Those of them that are ours still.
constexpr std::string_view renew = R"(
update @run set lease_until = )" RONDO_NOW R"( + $3
where id = any($1) and outcome is null and node = $2 returning id)";

// The tasks of runs whose leases have run out. Not while the server was just started: then they have all run out, and
// nobody is to blame.
constexpr std::string_view find_expired = R"(
select distinct task from (
  select task from @run where outcome is null and lease_until < )" RONDO_NOW R"(
    and now() - pg_postmaster_start_time() > $1 * interval '1 microsecond' order by lease_until limit 100) x)";

// Not of tasks that somebody is at work on, who may take long. Whoever ends a run locks its task first; that a run is in
// flight is looked at again when its row is locked.
constexpr std::string_view reap = R"(
with locked as materialized (
  select id from @task where id = any($1) order by id for no key update skip locked)
update @run set finished_at = greatest(started_at, )" RONDO_NOW R"(), outcome = 'abandoned', message = $2
where task = any(array(select id from locked)) and outcome is null and lease_until < )" RONDO_NOW;

// Of slots, by their last attempts, the latest first. What somebody asked for by hand of the same instant has attempts
// that cannot be told from these.
constexpr std::string_view find_lost = R"(
from @run r join @task t on t.id = r.task
where r.attempt < r.attempts_max and r.outcome in ('abandoned', 'interrupted')
  and r.finished_at > )" RONDO_NOW R"( - 86400000000
  and (r.outcome = 'abandoned' and r.message = $1 or r.outcome = 'interrupted' and r.message = $2)
  and not exists (select from @run n where n.task = r.task and n.scheduled_at = r.scheduled_at
                    and n."trigger" = 'retry' and n.attempt > r.attempt)
  and not exists (select from @run m where m.task = r.task and m.scheduled_at = r.scheduled_at
                    and m."trigger" in ('manual', 'backfill'))
order by r.finished_at desc limit 1000)";

// All transactions before this one are over, and are seen by what comes after.
constexpr std::string_view read_horizon = "select pg_snapshot_xmin(pg_current_snapshot())::text::int8";

constexpr std::string_view find_changed = R"(
select uid, changed, schedule, paused, pause_reason, paused_until from @task where changed >= $1)";

} // namespace

lease_statements::lease_statements(std::string_view schema)
    : start_runs(in_schema(detail::start_shared_runs, schema)),
      has_unheld(in_schema(detail::has_unheld, schema)), has_leases(in_schema(detail::has_leases, schema)),
      read_clock(detail::read_clock), renew(in_schema(detail::renew, schema)),
      find_expired(in_schema(detail::find_expired, schema)), reap(in_schema(detail::reap, schema)),
      find_lost(in_schema("select " + std::string(run_columns()) + std::string(detail::find_lost), schema)),
      read_horizon(detail::read_horizon), find_changed(in_schema(detail::find_changed, schema)) {}

} // namespace rondo::postgres::detail
