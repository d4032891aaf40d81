// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/claim_statement.hpp>

#include <repository/postgres/server_clock.hpp>
#include <repository/postgres/statements.hpp>

#include <string_view>

namespace rondo::postgres::detail {
namespace {

// `s` is what was the case when the statement began, `l` what still is once the task is locked: that its cursor and its
// token are the same means that no run of it has begun meanwhile, so that what `s` says of its runs holds, too. The
// look-ups have a condition that is theirs alone, and a limit, so that they are made only where it holds; `k` wants a
// column that no index but that of ids leads to. A run that is on record already, or another that has the slot, is found
// by their indices: then it is all refused.
constexpr std::string_view alone = R"(
with w as materialized (
  select * from unnest($1, $2, $3, $4, $5, $6) with ordinality
    as w (uid, expected, next, run, why, started_at, ord)),
s as materialized (
  select w.*, t.id as task, t.token, t.next_slot, (t.next_slot = w.expected) is true as fits,
    t.id is null or k.yes is true as unsure
  from w left join @task t on t.uid = w.uid
    left join lateral (
      select token is not null as yes from @run where id = w.run and t.next_slot is distinct from w.expected limit 1) k on true),
l as materialized (
  select 1 from s join @task t on t.id = s.task
  where s.fits and t.next_slot = s.expected and t.token = s.token order by t.id for no key update of t),
a as materialized (
  select * from s where fits and (select count(*) from l) = (select count(*) from s where fits)
    and not exists (select from s where unsure)),
moved as (
  update @task t set next_slot = a.next, token = a.token + 1 from a where t.id = a.task),
begun as (
  insert into @run (id, task, "trigger", scheduled_at, started_at, token)
  select run, task, why, expected, started_at, token + 1 from a)
select case when fits then token + 1 end, next_slot,
  not exists (select from s where unsure) and (select count(*) from l) = (select count(*) from s where fits)
from s order by ord)";

// Likewise, of one that is not to run beside itself: where another of it is in flight it must be looked at.
constexpr std::string_view shared = R"(
with w as materialized (
  select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) with ordinality
    as w (uid, expected, next, run, why, started_at, alone, schedule, attempts_max, ord)),
s as materialized (
  select w.*, t.id as task, t.token, t.next_slot, (t.next_slot = w.expected) is true as fits,
    t.id is null or t.schedule is distinct from w.schedule or k.yes is true or b.yes is true as unsure
  from w left join @task t on t.uid = w.uid
    left join lateral (
      select token is not null as yes from @run where id = w.run and t.next_slot is distinct from w.expected limit 1) k on true
    left join lateral (
      select true as yes from @run where task = t.id and outcome is null and w.alone
        and t.next_slot = w.expected limit 1) b on true),
l as materialized (
  select 1 from s join @task t on t.id = s.task
  where s.fits and t.next_slot = s.expected and t.token = s.token and t.schedule = s.schedule
  order by t.id for no key update of t),
a as materialized (
  select * from s where fits and (select count(*) from l) = (select count(*) from s where fits)
    and not exists (select from s where unsure)),
moved as (
  update @task t set next_slot = a.next, token = a.token + 1 from a where t.id = a.task),
begun as (
  insert into @run (id, task, "trigger", scheduled_at, started_at, token, node, lease_until, attempts_max)
  select run, task, why, expected, started_at, token + 1, $10, )" RONDO_NOW R"( + $11, attempts_max from a)
select case when fits then token + 1 end, next_slot,
  not exists (select from s where unsure) and (select count(*) from l) = (select count(*) from s where fits)
from s order by ord)";

} // namespace

std::string claim_statement(std::string_view schema, bool with_others) {
    return in_schema(with_others ? shared : alone, schema);
}

} // namespace rondo::postgres::detail
