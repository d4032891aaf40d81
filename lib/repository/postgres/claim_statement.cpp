// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/claim_statement.hpp>

#include <repository/postgres/server_clock.hpp>
#include <repository/postgres/statements.hpp>

#include <array>
#include <string_view>

namespace rondo::postgres::detail {
namespace {

// `s` is what was the case when the statement began. The update locks what it finds, in the order of the tasks, as our
// sessions have no joins but nested loops, and looks again at what it had to wait for: that the cursor and the token are
// the same means that no run of the task has begun meanwhile, so that what `s` says of its runs holds, too. Whoever waited
// for another's claim finds that they are not, and asks again, when `s` knows. The look-ups have a condition that
// is theirs alone, and a limit, so that they are made only where it holds; `k` wants a column that no index but that of
// ids leads to. A run that is on record already, or another that has the slot, is found by their indices: then it is all
// refused.
constexpr std::string_view claim = R"(
with s as materialized (
  select w.*, t.id as task, t.token, t.next_slot,
    case when t.id is null or k.yes{unsure} then 'closely'
         when t.next_slot = w.expected then 'fits' else 'conflict' end as verdict
  from unnest($1, $2, $3, $4, $5, $6{arrays}) with ordinality
    as w (uid, expected, next, run, why, started_at{columns}, ord)
    left join @task t on t.uid = w.uid
    left join lateral (
      select token is not null as yes from @run where id = w.run and t.next_slot is distinct from w.expected limit 1) k on true{look_up}){first},
moved as (
  update @task t set next_slot = x.next, cursor_schedule = null, token = t.token + 1
  from (select * from s where verdict = 'fits' order by task) x
  where {nobody_else}t.id = x.task and t.next_slot = x.expected and t.token = x.token{still}
  returning x.ord, x.run, x.task, x.why, x.expected, x.started_at, x.token{kept}),
begun as (
  insert into @run (id, task, "trigger", scheduled_at, started_at, token{stored})
  select run, task, why, expected, started_at, token + 1{values} from moved)
select ord, case when verdict <> 'fits' then verdict when ord in (select ord from moved) then 'recorded'
    {later}else 'again' end, token + 1, next_slot
from s)";

// Of a task that is not to run beside itself another run may be in flight. Of many who want the same slots each that waits
// for the one before has their locks for a moment, when it is too late for him, and the next slots wait behind them all.
// So whoever finds that somebody is at the first of his tasks leaves them all for later, unless he may wait ($12).
constexpr std::array<shared_part, 11> shared_claim{{
    {"arrays", ", $7, $8, $9"},
    {"columns", ", alone, schedule, attempts_max"},
    {"unsure", " or t.schedule is distinct from w.schedule or b.yes"},
    {"look_up", R"(
    left join lateral (
      select true as yes from @run where task = t.id and outcome is null and w.alone
        and t.next_slot = w.expected limit 1) b on true)"},
    {"still", " and t.schedule = x.schedule"},
    {"first", R"(,
free as materialized (
  select from (select task, expected from s where verdict = 'fits' order by task limit 1) f
    join @task t on t.id = f.task and t.next_slot = f.expected for no key update of t skip locked))"},
    {"nobody_else", "($12 or exists (select from free)) and "},
    {"later", "when not $12 and not exists (select from free) then 'later' "},
    {"kept", ", x.attempts_max"},
    {"stored", ", node, lease_until, attempts_max"},
    {"values", ", $10, (select " RONDO_NOW ") + $11, attempts_max"},
}};

} // namespace

std::string claim_statement(std::string_view schema, bool shared) {
    return in_schema(with_parts(claim, shared_claim, shared), schema);
}

} // namespace rondo::postgres::detail
