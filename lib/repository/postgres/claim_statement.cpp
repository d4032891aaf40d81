// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/claim_statement.hpp>

#include <repository/postgres/server_clock.hpp>
#include <repository/postgres/statements.hpp>

#include <array>
#include <string_view>

namespace rondo::postgres::detail {
namespace {

// `s` is what was the case when the statement began, `l` what is once the task is locked. That its cursor and its token
// are the same means that no run of it has begun meanwhile, so that what `s` says of its runs holds, too; whoever waited
// for another's claim finds that they are not, and asks again, as by then its own run may be there. The look-ups have a
// condition that is theirs alone, and a limit, so that they are made only where it holds; `k` wants a column that no
// index but that of ids leads to. A run that is on record already, or another that has the slot, is found by their
// indices: then it is all refused.
constexpr std::string_view claim = R"(
with s as materialized (
  select w.*, t.id as task, t.token, t.next_slot,
    case when t.id is null or k.yes{unsure} then 'closely'
         when t.next_slot = w.expected then 'fits' else 'conflict' end as verdict
  from unnest($1, $2, $3, $4, $5, $6{arrays}) with ordinality
    as w (uid, expected, next, run, why, started_at{columns}, ord)
    left join @task t on t.uid = w.uid
    left join lateral (
      select token is not null as yes from @run where id = w.run and t.next_slot is distinct from w.expected limit 1) k on true{look_up}),
l as materialized (
  select s.*, t.next_slot as cursor_now, t.next_slot = s.expected and t.token = s.token{still} as won
  from s join @task t on t.id = s.task
  where s.verdict = 'fits' order by t.id for no key update of t),
moved as (
  update @task t set next_slot = l.next, cursor_schedule = null, token = l.token + 1
  from l where l.won and t.id = l.task),
begun as (
  insert into @run (id, task, "trigger", scheduled_at, started_at, token{stored})
  select run, task, why, expected, started_at, token + 1{values} from l where won){more}
select ord, case when won then 'recorded' else 'again' end, token + 1, cursor_now{unsynced} from l
union all
select ord, verdict, null, next_slot{nothing} from s where verdict <> 'fits')";

// Of one that is not to run beside itself another may be in flight. Whoever wins nothing has written no more than locks,
// which nobody needs after a crash: the next does not wait until the disk has them.
constexpr std::array<shared_part, 10> shared_claim{{
    {"arrays", ", $7, $8, $9"},
    {"columns", ", alone, schedule, attempts_max"},
    {"unsure", " or t.schedule is distinct from w.schedule or b.yes"},
    {"look_up", R"(
    left join lateral (
      select true as yes from @run where task = t.id and outcome is null and w.alone
        and t.next_slot = w.expected limit 1) b on true)"},
    {"still", " and t.schedule = s.schedule"},
    {"stored", ", node, lease_until, attempts_max"},
    {"values", ", $10, " RONDO_NOW " + $11, attempts_max"},
    {"more", R"(,
unsynced as materialized (
  select set_config('synchronous_commit', 'off', true) where $12 and not exists (select from l where won)))"},
    {"unsynced", ", (select count(*) from unsynced)"},
    {"nothing", ", null"},
}};

} // namespace

std::string claim_statement(std::string_view schema, bool shared) {
    return in_schema(with_parts(claim, shared_claim, shared), schema);
}

} // namespace rondo::postgres::detail
