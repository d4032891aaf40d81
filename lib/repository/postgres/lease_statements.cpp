// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/lease_statements.hpp>

#include <repository/postgres/server_clock.hpp>
#include <repository/postgres/statements.hpp>

namespace rondo::postgres::detail {
namespace {

// Where managers share the tasks: what belonged to one that had them to itself.
constexpr std::string_view start_shared_runs = R"(
update @run set finished_at = greatest(started_at, $1), outcome = 'abandoned', message = $2
where outcome is null and lease_until is null)";

// After a claim that was to wait: if it has none of these runs it has written no more than locks, which nobody needs after
// a crash. The next who waits does not wait until the disk has them.
constexpr std::string_view sync_if_begun = R"(
select set_config('synchronous_commit', 'off', true) where not exists (select from @run where id = any($1)))";

constexpr std::string_view has_unheld = R"(
select exists (select from @run where outcome is null and lease_until is null))";

constexpr std::string_view has_leases = R"(
select exists (select from @run where outcome is null and lease_until > )" RONDO_NOW ")";

constexpr std::string_view read_clock = "select " RONDO_CLOCK;

// Those of them that are ours still.
constexpr std::string_view renew = R"(
update @run set lease_until = )" RONDO_NOW R"( + $3 where id = any(array(
  select id from @run where id = any($1) and coalesce(outcome, '') = '' and node = $2 order by id for no key update))
  and coalesce(outcome, '') = '' and node = $2 returning id)";

// The tasks of runs whose leases have run out. Not while the server was just started: then they have all run out, and
// nobody is to blame.
constexpr std::string_view find_expired = R"(
select distinct task from (
  select task from @run where outcome is null and lease_until < )" RONDO_NOW R"(
    and now() - pg_postmaster_start_time() > $1 * interval '1 microsecond' order by lease_until limit 100) x)";

// Not of tasks that somebody is at work on, who may take long. Whoever ends a run locks its task first; that a run is in
// flight is looked at again when its row is locked, which is in the order of renewals.
constexpr std::string_view reap = R"(
with locked as materialized (
  select id from @task where id = any($1) order by id for no key update skip locked),
expired as materialized (
  select id from @run where task = any(array(select id from locked)) and outcome is null
    and lease_until < )" RONDO_NOW R"( order by id for no key update)
update @run set finished_at = greatest(started_at, )" RONDO_NOW R"(), outcome = 'abandoned', message = $2
where id = any(array(select id from expired)) and coalesce(outcome, '') = '' and lease_until < )" RONDO_NOW;

// Of slots, by their last attempts, the latest first, of those before ($3, $4). What somebody asked for by hand
// of the same instant has attempts that cannot be told from these.
constexpr std::string_view find_lost = R"(
from @run r join @task t on t.id = r.task
where r.attempt < r.attempts_max and r.outcome in ('abandoned', 'interrupted')
  and r.finished_at > )" RONDO_NOW R"( - 86400000000 and (r.finished_at, r.id) < ($3, $4)
  and (r.outcome = 'abandoned' and r.message = $1 or r.outcome = 'interrupted' and r.message = $2)
  and not exists (select from @run n where n.task = r.task and n.scheduled_at = r.scheduled_at
                    and n."trigger" = 'retry' and n.attempt > r.attempt)
  and not exists (select from @run m where m.task = r.task and m.scheduled_at = r.scheduled_at
                    and m."trigger" in ('manual', 'backfill'))
order by r.finished_at desc, r.id desc limit )";

// All transactions before this one are over, and are seen by what comes after.
constexpr std::string_view read_horizon = "select pg_snapshot_xmin(pg_current_snapshot())::text::int8";

constexpr std::string_view find_changed = R"(
select uid, changed, schedule, paused, pause_reason, paused_until from @task where changed >= $1)";

// Sent when the transaction is over, and not if it fails.
constexpr std::string_view notify = "select pg_notify('rondo', $1)";

// One that has become a run is no request any more. Gives nothing if the task is unknown, and whether its id is that of
// a run, or of a request, of another.
constexpr std::string_view ask_for_run = R"(
with t as (select id from @task where uid = $2),
asked as (
  insert into @asked_run (id, task, users, until)
  select $1, id, $3, )" RONDO_NOW R"( + $4 from t where not exists (select from @run where id = $1)
  on conflict do nothing)
select exists (select from @run r where r.id = $1 and r.task <> t.id)
    or exists (select from @asked_run a where a.id = $1 and a.task <> t.id) from t)";

constexpr std::string_view drop_asked = R"(
delete from @asked_run where id = any(array(
  select id from @asked_run where until <= )" RONDO_NOW
                                        R"( order by until limit 1000 for update skip locked)))";

// Under the lock on its task, as who begins it takes that: it is begun or taken back.
constexpr std::string_view take_back = R"(
with t as materialized (
  select id from @task where id = (select task from @asked_run where id = $1) for no key update)
delete from @asked_run where id = $1 and exists (select from t))";

constexpr std::string_view find_asked = R"(
select a.id, t.uid, a.users, t.schedule, a.until from @asked_run a join @task t on t.id = a.task
where a.until > greatest()" RONDO_NOW R"(, $1) order by a.until limit )";

// Of others than $2.
constexpr std::string_view cancel_run = R"(
update @run set cancel_asked = $3 where id = $1 and outcome is null and node is distinct from $2)";

// Likewise; behind a lock on the task, as whoever ends runs of it locks it first, and in the order of renewals.
constexpr std::string_view cancel_task = R"(
update @run set cancel_asked = $3 where id = any(array(
  select id from @run where task = (select id from @task where uid = $1) and outcome is null
    and node is distinct from $2 order by id for no key update)) and coalesce(outcome, '') = '')";

constexpr std::string_view find_cancelled = R"(
select id, cancel_asked from @run where outcome is null and node = $1 and cancel_asked is not null)";

} // namespace

lease_statements::lease_statements(std::string_view schema)
    : start_runs(in_schema(detail::start_shared_runs, schema)),
      has_unheld(in_schema(detail::has_unheld, schema)), has_leases(in_schema(detail::has_leases, schema)),
      read_clock(detail::read_clock), sync_if_begun(in_schema(detail::sync_if_begun, schema)),
      renew(in_schema(detail::renew, schema)), find_expired(in_schema(detail::find_expired, schema)),
      reap(in_schema(detail::reap, schema)),
      find_lost(in_schema("select " + std::string(run_columns()) + std::string(detail::find_lost), schema) +
                std::to_string(lost_max)),
      read_horizon(detail::read_horizon), find_changed(in_schema(detail::find_changed, schema)),
      notify(detail::notify), ask_for_run(in_schema(detail::ask_for_run, schema)),
      drop_asked(in_schema(detail::drop_asked, schema)), take_back(in_schema(detail::take_back, schema)),
      find_asked(in_schema(detail::find_asked, schema) + std::to_string(asked_max)),
      cancel_run(in_schema(detail::cancel_run, schema)), cancel_task(in_schema(detail::cancel_task, schema)),
      find_cancelled(in_schema(detail::find_cancelled, schema)) {}

} // namespace rondo::postgres::detail
