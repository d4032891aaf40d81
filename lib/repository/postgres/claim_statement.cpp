// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/claim_statement.hpp>

#include <repository/postgres/server_clock.hpp>
#include <repository/postgres/statements.hpp>

#include <array>
#include <string_view>

namespace rondo::postgres::detail {
namespace {

constexpr std::string_view shared_still = " and t.schedule = x.schedule";
constexpr std::string_view shared_kept = ", x.attempts_max";
constexpr std::string_view shared_stored = ", node, lease_until, attempts_max";
constexpr std::string_view shared_values = ", $10, (select " RONDO_NOW ") + $11, attempts_max";

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
    {"still", shared_still},
    {"first", R"(,
free as materialized (
  select from (select task, expected from s where verdict = 'fits' order by task limit 1) f
    join @task t on t.id = f.task and t.next_slot = f.expected for no key update of t skip locked))"},
    {"nobody_else", "($12 or exists (select from free)) and "},
    {"later", "when not $12 and not exists (select from free) then 'later' "},
    {"kept", shared_kept},
    {"stored", shared_stored},
    {"values", shared_values},
}};

// The same for whoever gets all that he asks for: no look at why not, and he waits for whoever is at a task. An array
// that is gone through is a table for the server, so those that need not be, as all of their elements are there, and
// of one size, are looked into. A task is looked for by its uid, and `x` made once, also while the server thinks
// that there are few tasks.
constexpr std::string_view optimistic_claim = R"(
with x as materialized (
  select w.*, t.id as task, t.token
  from (
    select u.*, ($2)[ord::int4] as expected, ($4)[ord::int4] as run, ($6)[ord::int4] as started_at{looked_up}
    from unnest($1, $3, $5{arrays}) with ordinality as u (uid, next, why{columns}, ord)) w
    cross join lateral (select id, token, next_slot{seen} from @task where uid = w.uid limit 1) t
  where t.next_slot = w.expected{fits} order by t.id),
moved as (
  update @task t set next_slot = x.next, cursor_schedule = null, token = t.token + 1
  from x where t.id = x.task and t.next_slot = x.expected and t.token = x.token{still}
  returning x.run, x.task, x.why, x.expected, x.started_at, x.token{kept})
insert into @run (id, task, "trigger", scheduled_at, started_at, token{stored})
  select run, task, why, expected, started_at, token + 1{values} from moved returning id, token)";

// Whether a run is in flight is asked in a way that is never answered by going through all that are.
constexpr std::array<shared_part, 9> shared_optimistic_claim{{
    {"looked_up", ", ($7)[ord::int4] as alone, ($9)[ord::int4] as attempts_max"},
    {"arrays", ", $8"},
    {"columns", ", schedule"},
    {"seen", ", schedule"},
    {"fits", R"( and t.schedule = w.schedule
    and not (w.alone and (select true from @run where task = t.id and outcome is null limit 1) is true))"},
    {"still", shared_still},
    {"kept", shared_kept},
    {"stored", shared_stored},
    {"values", shared_values},
}};

} // namespace

std::string claim_statement(std::string_view schema, bool shared) {
    return in_schema(with_parts(claim, shared_claim, shared), schema);
}

std::string optimistic_claim_statement(std::string_view schema, bool shared) {
    return in_schema(with_parts(optimistic_claim, shared_optimistic_claim, shared), schema);
}

} // namespace rondo::postgres::detail
