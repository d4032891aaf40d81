// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/statements.hpp>

#include <repository/postgres/claim_statement.hpp>
#include <repository/postgres/prune_statements.hpp>
#include <repository/postgres/server_clock.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <span>

namespace rondo::postgres::detail {
namespace {

// The condition of the index of slots: `takes_slot` in SQL.
#define RONDO_TAKES_SLOT(alias) alias ".\"trigger\" in ('schedule', 'catch_up')"

// Who changes tasks locks them first, in one order, so that the statements behind it, of the same transaction, see
// what is the case, and nobody waits for somebody who waits for him.
constexpr std::string_view lock_tasks = R"(
select 1 from @task where uid = any($1) order by id for no key update)";

// At most one request for each task and for each run. What each may do is worked out before anything is written. The
// last parameter is the id of no run: what belongs to a request finds its run in an array, which no plan can make slow.
// `k` is the run if it is on record; `s` another that has its slot.
constexpr std::string_view begin_requests = R"(
with w as materialized (
  select * from unnest($1, $2, $3, $4, $5, $11, $12, $13, $14, $15{arrays}) with ordinality
    as w (uid, moves, forced, expected, next, run, why, attempt, scheduled_at, started_at{columns}, ord)))";

constexpr std::string_view begin_requests_with_skips = R"(
with w as materialized (
  select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15{arrays}) with ordinality
    as w (uid, moves, forced, expected, next, reason, first_slot, last_slot, slots, skip_is_later,
          run, why, attempt, scheduled_at, started_at{columns}, ord)))";

constexpr std::string_view begin_head = R"(,
v as materialized (
  select w.*, t.id as task, t.next_slot, t.token, k.token as known_token,
    case when t.id is null then 'unknown_task'
         when k.id is not null then case when k.task = t.id{held_by_us} then 'recorded' else 'conflict' end
         when s.id is not null then 'conflict'
         {superseded}when w.moves and not w.forced and t.next_slot is distinct from w.expected then 'conflict'
         {refused}else 'apply' end as verdict
  from w left join @task t on t.uid = w.uid
    left join @run k on k.id = w.run
    left join lateral (
      select id from @run s where s.task = t.id and s.scheduled_at = w.scheduled_at and )" RONDO_TAKES_SLOT(
    "s") R"(
        and w.why in ('schedule', 'catch_up') limit 1) s on true{look_ups}),
moved as (
  update @task t set next_slot = case when v.moves then v.next else t.next_slot end,
    cursor_schedule = case when v.moves then null else t.cursor_schedule end,
    token = t.token + case when v.run is null or v.verdict <> 'apply' then 0 else 1 end
  from v where v.verdict in ('apply', 'overlap') and t.id = v.task and (v.moves or v.run is not null)),
begun as (
  insert into @run (id, task, "trigger", attempt, scheduled_at, started_at, token{stored})
  select run, task, why, attempt, scheduled_at, started_at, token + 1{values}
  from v where verdict = 'apply' and run is not null){more})";

// What `begin_runs` has besides where managers share the tasks. $20 is who we are, $21 for how long we may have a run. A
// run that we have already is ours for as long again. The retries of a slot are told from each other by their number, as
// whoever comes next may begin it, and whoever comes second must not; the locks on the tasks let the second see the first.
// The one before is not looked for any more: a look is at what is lost now, not at all that ever was. Only who forgets
// it may have it locked.
// Of several who come with a new schedule each takes its first slot, which may be before the cursor of the old one, where
// that of the new one may be, too: so it is not enough that the cursor is where it was, it must be of the old one still.
constexpr std::array<shared_part, 9> shared_begin{{
    {"arrays", ", $22, $23, $24, $25, $26, $27"},
    {"columns", ", alone, schedule, attempts_max, asked, of_old, early"},
    {"held_by_us", " and k.outcome is null and k.node = $20"},
    {"superseded", R"(when w.moves and t.schedule <> w.schedule then 'superseded'
         when w.moves and not w.forced and w.of_old and t.cursor_schedule is null then 'conflict'
         )"},
    {"refused", R"(when w.why = 'retry' and n.id is not null then 'conflict'
         when w.asked and (q.id is null or t.schedule is distinct from w.schedule) then 'conflict'
         when w.alone and b.id is not null then
           case when not w.moves then 'busy' when w.early then 'not_yet' else 'overlap' end
         )"},
    {"look_ups", R"(
    left join lateral (
      select id from @run n where n.task = t.id and n.scheduled_at = w.scheduled_at and n."trigger" = 'retry'
        and n.attempt >= w.attempt and w.why = 'retry' limit 1) n on true
    left join lateral (
      select id from @asked_run q where q.id = w.run and w.asked and q.until > )" RONDO_NOW
                 R"( limit 1) q on true
    left join lateral (
      select id from @run b where b.task = t.id and b.outcome is null and w.run is not null limit 1) b on true)"},
    {"stored", ", node, lease_until, attempts_max"},
    {"values", ", $20, " RONDO_NOW " + $21, attempts_max"},
    {"more", R"(,
held as (
  update @run r set lease_until = )" RONDO_NOW R"( + $21
  from v where v.verdict = 'recorded' and r.id = v.run and coalesce(r.outcome, '') = ''),
taken as (
  delete from @asked_run a using v where v.verdict = 'apply' and v.asked and a.id = v.run),
overlapped as (
  insert into @skip (task, reason, first_slot, last_slot, slots)
  select task, 'overlap', scheduled_at, scheduled_at, 1 from v where verdict = 'overlap'),
followed as (
  update @run set attempts_max = attempt where id = any(array(
    select id from @run where id = any(array(
      select b.id from v cross join lateral (
        select id from @run s where s.task = v.task and s.scheduled_at = v.scheduled_at and )" RONDO_TAKES_SLOT(
                 "s") R"(
          and s.attempt < s.attempts_max
        union all
        select id from @run n where n.task = v.task and n.scheduled_at = v.scheduled_at and n."trigger" = 'retry'
          and n.attempt < v.attempt and n.attempt < n.attempts_max) b
      where v.verdict = 'apply' and v.why = 'retry'))
      and coalesce(outcome, '') in ('abandoned', 'interrupted')
    order by id for no key update skip locked))))"},
}};

constexpr std::string_view begin_users = R"(,
asked as (
  insert into @run_user (run, position, user_id)
  select a.runs[u.ord], u.position, u.user_id from unnest($16, $17, $18) as u (ord, position, user_id),
    (select array_agg(case when verdict = 'apply' then run else $19 end order by ord) as runs from v) a
  where a.runs[u.ord] <> $19))";

constexpr std::string_view begin_skips = R"(,
skipped as materialized (
  select v.*, l.id as latest,
    case when l.reason is distinct from v.reason then 'new'
         when l.first_slot <= v.first_slot and v.last_slot <= l.last_slot then 'there'
         when v.first_slot <= l.last_slot then 'new'
         when v.skip_is_later and v.scheduled_at > l.last_slot and v.why in ('schedule', 'catch_up') then 'new'
         when exists (select from @run r where r.task = v.task and r.scheduled_at > l.last_slot
                        and )" RONDO_TAKES_SLOT("r") R"() then 'new'
         else 'longer' end as how
  from v left join lateral (select id, reason, first_slot, last_slot from @skip
                            where task = v.task order by id desc limit 1) l on true
  where v.verdict in ('apply', 'overlap') and v.reason is not null),
longer as (
  update @skip s set last_slot = n.last_slot,
    slots = least(s.slots, 9223372036854775807 - n.slots) + n.slots
  from skipped n where n.how = 'longer' and s.id = n.latest),
added as (
  insert into @skip (task, reason, first_slot, last_slot, slots)
  select task, reason, first_slot, last_slot, slots from skipped where how = 'new'))";

constexpr std::string_view begin_tail = R"(
select case verdict when 'apply' then 'recorded' when 'overlap' then 'conflict' else verdict end,
  case when verdict in ('apply', 'overlap') and moves then next else next_slot end,
  case when run is null then 0 when verdict = 'apply' then token + 1 when verdict = 'recorded' then known_token
       else 0 end
from v order by ord)";

// Likewise, of ends. `began` is the start that is on record, or will be. Said with `is null`, that a run is in flight
// would have the plan go through all that are.
constexpr std::string_view finish_head = R"(
with w as materialized (
  select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) with ordinality
    as w (uid, run, token, why, attempt, scheduled_at, started_at, finished_at, outcome, message, next,
          progress, progress_text, progress_at, lines_dropped, ord)),
v as materialized (
  select w.*, t.id as task, t.token as task_token, t.next_slot, coalesce(k.started_at, w.started_at) as began,
    case when t.id is null then 'fenced'
         when k.id is not null then
           case when k.task <> t.id or w.token <> 0 and w.token <> k.token{of_another} then 'fenced'
                when k.outcome is null then 'end'
                when k.outcome = w.outcome then 'already'
                else 'fenced' end
         when s.id is not null{never_begun} then 'fenced'
         else 'store' end as verdict
  from w left join @task t on t.uid = w.uid
    left join @run k on k.id = w.run
    left join lateral (
      select id from @run s where s.task = t.id and s.scheduled_at = w.scheduled_at and )" RONDO_TAKES_SLOT(
    "s") R"(
        and k.id is null and w.why in ('schedule', 'catch_up') limit 1) s on true),
ended as (
  update @run r set finished_at = v.finished_at, outcome = v.outcome, message = v.message,
    progress = v.progress, progress_text = v.progress_text, progress_at = v.progress_at,
    lines_dropped = v.lines_dropped
  from v where v.verdict = 'end' and r.id = v.run and coalesce(r.outcome, '') = ''),
stored as (
  insert into @run (id, task, "trigger", attempt, scheduled_at, started_at, finished_at, outcome, message, token,
                    progress, progress_text, progress_at, lines_dropped)
  select run, task, why, attempt, scheduled_at, started_at, finished_at, outcome, message, task_token + 1,
    progress, progress_text, progress_at, lines_dropped
  from v where verdict = 'store'),
moved as (
  update @task t set token = t.token + case when v.verdict = 'store' then 1 else 0 end,
    next_slot = case when v.next is not null and t.next_slot = 9223372036854775807 then v.next else t.next_slot end,
    cursor_schedule = case when v.next is not null and t.next_slot = 9223372036854775807 then null else t.cursor_schedule end
  from v where t.id = v.task and (v.verdict = 'store'
    or v.verdict = 'end' and v.next is not null and v.next_slot = 9223372036854775807)))";

// Likewise: of a slot nothing is stored whose begin is not there, as that was refused, or never came; and who knows no
// token ends what he has begun himself alone. $29 is who we are.
constexpr std::array<shared_part, 2> shared_finish{{
    {"never_begun", " or w.why in ('schedule', 'catch_up', 'retry')"},
    {"of_another", " or w.token = 0 and k.node is distinct from $29"},
}};

constexpr std::string_view finish_users = R"(,
asked as (
  insert into @run_user (run, position, user_id)
  select a.runs[u.ord], u.position, u.user_id from unnest($16, $17, $18) as u (ord, position, user_id),
    (select array_agg(case when verdict = 'store' then run else $28 end order by ord) as runs from v) a
  where a.runs[u.ord] <> $28))";

constexpr std::string_view finish_details = R"(,
done as materialized (
  select array_agg(case when verdict in ('end', 'store') then run else $28 end order by ord) as runs,
    array_agg(began order by ord) as starts from v),
told as (
  insert into @result (run, position, user_id, started_at, message, error)
  select d.runs[u.ord], u.position, u.user_id, d.starts[u.ord], u.message, u.error
  from unnest($19, $20, $21, $22, $23) as u (ord, position, user_id, message, error), done d
  where d.runs[u.ord] <> $28),
wrote as (
  insert into @run_line (run, position, written_at, line)
  select d.runs[u.ord], u.position, u.written_at, u.line
  from unnest($24, $25, $26, $27) as u (ord, position, written_at, line), done d
  where d.runs[u.ord] <> $28))";

constexpr std::string_view finish_tail = R"(
select case when verdict in ('end', 'store') then 'recorded' else verdict end from v order by ord)";

// A uid that somebody else is adding at this moment is in neither: a row is missing then.
constexpr std::string_view register_tasks = R"(
with w (uid, name, schedule, hidden, anchor, first_slot, ord) as materialized (
  select * from unnest($1, $2, $3, $4, $5, $6) with ordinality),
known as materialized (
  select w.*, t.id as task, t.schedule as old_schedule, t.anchor as old_anchor, t.next_slot, t.paused,
    t.pause_reason, t.paused_until, coalesce(t.cursor_schedule, t.schedule) as cursor_schedule
  from w join @task t on t.uid = w.uid),
added as (
  insert into @task (uid, name, schedule, hidden, anchor, next_slot)
  select uid, name, schedule, hidden, anchor, first_slot from w
  where not exists (select from @task t where t.uid = w.uid) order by uid on conflict do nothing returning uid),
changed as (
  update @task t set name = k.name, schedule = k.schedule, hidden = k.hidden, active = true,
    changed = case when t.schedule = k.schedule then t.changed else pg_current_xact_id()::text::int8 end,
    cursor_schedule = nullif(k.cursor_schedule, k.schedule)
  from known k where t.id = k.task
    and (t.name, t.schedule, t.hidden, t.active) is distinct from (k.name, k.schedule, k.hidden, true))
select ord, false, cursor_schedule <> schedule, old_anchor, next_slot, paused, pause_reason, paused_until,
  old_schedule <> schedule from known
union all select ord, true, false, anchor, first_slot, false, null, null, false from w
where (uid in (select uid from added)) is true -- by a hash
order by 1)";

// Of each of these tasks, in their order, the latest runs, as `failure_count` wants them.
constexpr std::string_view latest_runs = R"(
select w.ord, r.started_at, r.outcome, r.attempt, r.scheduled_at, r.finished_at, r."trigger"
from unnest($1) with ordinality as w (uid, ord) join @task t on t.uid = w.uid
  cross join lateral (select * from @run where task = t.id order by started_at desc, id desc limit $2) r
order by w.ord, r.started_at desc, r.id desc)";

constexpr std::string_view update_tasks = R"(
update @task t set paused = coalesce(w.paused, t.paused),
  pause_reason = case when w.paused is null then t.pause_reason else w.reason end,
  paused_until = case when w.paused is null then t.paused_until else w.until end,
  changed = case when w.paused is null then t.changed else pg_current_xact_id()::text::int8 end,
  active = coalesce(w.active, t.active)
from unnest($1, $2, $3, $4, $5) as w (uid, paused, reason, until, active) where t.uid = w.uid)";

// Before it looks at the runs: whoever is ending one has done so by then, or finds that it is over.
constexpr std::string_view lock_all_tasks = R"(
select count(*) from (select 1 from @task order by id for no key update) locked)";

constexpr std::string_view start_tasks = "update @task set active = false where active";

// Not of managers that share the tasks, and have just begun them: whoever takes all over looks for those afterwards.
constexpr std::string_view start_runs = R"(
update @run set finished_at = greatest(started_at, $1), outcome = 'abandoned', message = $2
where outcome is null and (lease_until is null or lease_until <= )" RONDO_NOW R"())";

constexpr std::string_view columns = R"(
r.id, t.uid, r."trigger", r.scheduled_at, r.started_at, r.finished_at, r.outcome, r.message, r.attempt,
r.lines_dropped, r.progress, r.progress_text, r.progress_at,
array(select user_id from @run_user where run = r.id order by position),
array(select user_id from @result where run = r.id order by position),
array(select message from @result where run = r.id order by position),
array(select error from @result where run = r.id order by position),
array(select written_at from @run_line where run = r.id order by position),
array(select line from @run_line where run = r.id order by position) )";

constexpr std::string_view find_run = R"(
from @run r join @task t on t.id = r.task where r.id = $1)";

constexpr std::string_view last_runs = R"(
from @task t cross join lateral (select * from @run where task = t.id and outcome is not null
                                 order by started_at desc, id desc limit 1) r)";

constexpr std::string_view last_runs_of_user = R"(
from (select distinct on (y.task) y.* from @result x join @run y on y.id = x.run
      where sha256(decode(x.user_id, 'escape')) = sha256(decode($1, 'escape')) and x.user_id = $1
      order by y.task, x.started_at desc, x.run desc) r join @task t on t.id = r.task)";

constexpr std::string_view skips = R"(
select reason, first_slot, last_slot, slots from @skip where task = (select id from @task where uid = $1)
order by id desc limit $2)";

constexpr std::string_view users = R"(
select id from @known_user)";

constexpr std::string_view add_users = R"(
insert into @known_user (id) select distinct id from unnest($1) as w (id) order by id on conflict do nothing)";

constexpr std::string_view remove_users = R"(
delete from @known_user u using (select distinct id from unnest($1) as w (id)) w
where sha256(decode(u.id, 'escape')) = sha256(decode(w.id, 'escape')) and u.id = w.id)";

std::string run_query(std::string_view from) {
    return "select " + std::string(columns) + std::string(from);
}

} // namespace

std::string_view run_columns() noexcept {
    return columns;
}

std::string in_quotes(std::string_view identifier) {
    std::string text = "\"";
    for (const char c : identifier) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
}

std::string in_schema(std::string_view sql, std::string_view schema) {
    std::string text;
    for (const char c : sql) text += c == '@' ? in_quotes(schema) + '.' : std::string(1, c);
    return text;
}

std::string with_parts(std::string_view sql, std::span<const shared_part> parts, bool shared) {
    std::string text;
    for (std::size_t end = 0; !sql.empty(); sql.remove_prefix(end)) {
        end = std::min(sql.find('{'), sql.size());
        text += sql.substr(0, end);
        if (end == sql.size()) break;
        sql.remove_prefix(end + 1);
        end = sql.find('}');
        assert(end != sql.npos);
        const auto part = std::ranges::find(parts, sql.substr(0, end++), &shared_part::name);
        assert(part != parts.end());
        if (shared) text += part->text;
    }
    return text;
}

statements::statements(std::string_view schema, bool shared)
    : lock_tasks(in_schema(detail::lock_tasks, schema)),
      lock_all_tasks(in_schema(detail::lock_all_tasks, schema)),
      register_tasks(in_schema(detail::register_tasks, schema)),
      latest_runs(in_schema(detail::latest_runs, schema)),
      update_tasks(in_schema(detail::update_tasks, schema)),
      start_tasks(in_schema(detail::start_tasks, schema)), start_runs(in_schema(detail::start_runs, schema)),
      find_run(in_schema(run_query(detail::find_run), schema)),
      last_runs(in_schema(run_query(detail::last_runs), schema)),
      last_runs_of_user(in_schema(run_query(detail::last_runs_of_user), schema)),
      skips(in_schema(detail::skips, schema)), users(in_schema(detail::users, schema)),
      add_users(in_schema(detail::add_users, schema)), remove_users(in_schema(detail::remove_users, schema)),
      prune_old_runs(in_schema(detail::prune_old_runs, schema)),
      prune_old_skips(in_schema(detail::prune_old_skips, schema)),
      prune_surplus(in_schema(detail::prune_surplus, schema)), claim(claim_statement(schema, shared)),
      optimistic_claim(optimistic_claim_statement(schema, shared)) {
    for (const bool users : {false, true}) {
        for (const bool more : {false, true}) {
            const auto put = [&](parts& all, std::string head, std::string_view with_users,
                                 std::string_view with_more, std::string_view tail) {
                if (users) head += with_users;
                if (more) head += with_more;
                head += tail;
                all[index_of(users, more)] = in_schema(head, schema);
            };
            const std::string_view requests = more ? begin_requests_with_skips : begin_requests;
            put(begin_runs_,
                with_parts(std::string(requests) + std::string(begin_head), shared_begin, shared),
                begin_users, begin_skips, begin_tail);
            put(finish_runs_, with_parts(finish_head, shared_finish, shared), finish_users, finish_details,
                finish_tail);
        }
    }
}

} // namespace rondo::postgres::detail
