// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_PRUNE_STATEMENTS_HPP
#define RONDO_REPOSITORY_POSTGRES_PRUNE_STATEMENTS_HPP

#include <string_view>

namespace rondo::postgres::detail {

// The index of starts leads to those that are old enough: a run has not ended before it started, unless the wall clock
// was set back meanwhile; then it goes when its start is old enough, too.
inline constexpr std::string_view prune_old_runs = R"(
delete from @run where id = any(array(
  select id from @run where started_at < $1 and finished_at < $1 order by started_at, id limit $2)))";

inline constexpr std::string_view prune_old_skips = R"(
delete from @skip where id = any(array(select id from @skip where last_slot < $1 limit $2)))";

// Of the tasks behind $1, $2 of them, all but the latest $3 runs of each, $4 at most. Gives how many of them there were
// to look at and the last of those, how many runs went, and the last task of which one went.
inline constexpr std::string_view prune_surplus = R"(
with looked as materialized (select id from @task where id > $1 order by id limit $2),
doomed as materialized (
  select s.id as task, r.id from (select id from @task where id > $1 order by id limit $2) s cross join lateral (
    select id from (select id, finished_at from @run where task = s.id
                    order by started_at desc, id desc offset $3) surplus
    where finished_at is not null limit $4) r
  order by s.id limit $4),
gone as (delete from @run where id = any(array(select id from doomed)))
select (select count(*) from looked), coalesce((select max(id) from looked), 0), (select count(*) from doomed),
  coalesce((select max(task) from doomed), 0))";

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_PRUNE_STATEMENTS_HPP
