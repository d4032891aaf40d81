// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/schema.hpp>

#include <array>

namespace rondo::postgres::detail {
namespace {

// Instants are microseconds since 1970 in UTC; enumerators are their words; texts are as `to_stored` says. Tables
// whose rows change in columns without an index keep room in their pages, so that a row can stay in its own. Texts
// without a bound are looked up by their SHA-256, as an index takes 2,704 bytes at most.
constexpr std::string_view version_1[] = {
    "create table @meta (key text primary key, value text not null)",
    "insert into @meta (key, value) values ('version', '0')",
    R"(create table @task (
  id           bigint  generated always as identity primary key,
  uid          text    collate "C" not null unique,
  name         text    not null,
  schedule     text    not null,
  hidden       boolean not null,
  anchor       bigint  not null,
  next_slot    bigint,                       -- the cursor; null: finished
  token        bigint  not null default 0,   -- of the latest run
  paused       boolean not null default false,
  pause_reason text,                         -- null: none was given
  paused_until bigint,                       -- null: until somebody resumes it
  active       boolean not null default true
) with (fillfactor = 70))",
    R"(create table @run (
  id            uuid    primary key,
  task          bigint  not null references @task (id),
  "trigger"     text    not null,
  attempt       bigint  not null default 1,
  scheduled_at  bigint  not null,
  started_at    bigint  not null,
  finished_at   bigint,                      -- null: in flight, as is the outcome
  outcome       text,
  message       text    not null default '',
  token         bigint  not null,
  progress      float8,                      -- from 0 to 1; null: its body told none, as in the next two
  progress_text text,
  progress_at   bigint,
  lines_dropped bigint,                      -- null: its body told nothing at all
  check ((finished_at is null) = (outcome is null))
))",
    R"(create unique index run_by_slot on @run (task, scheduled_at) where "trigger" in ('schedule', 'catch_up'))",
    "create index run_by_start on @run (started_at, id)",
    "create index run_by_task on @run (task, started_at, id)",
    "create index run_in_flight on @run (id) where outcome is null",
    R"(create table @run_user (
  run      uuid   not null references @run (id) on delete cascade,
  position bigint not null,
  user_id  text   not null,
  primary key (run, position)
))",
    R"(create table @result (
  run        uuid   not null references @run (id) on delete cascade,
  position   bigint not null,
  user_id    text   not null,
  started_at bigint not null,                -- of the run: pages of one user's history are read from the index
  message    text   not null,
  error      text   not null,
  primary key (run, position)
))",
    "create index result_by_user on @result (sha256(decode(user_id, 'escape')), started_at, run)",
    R"(create table @run_line (
  run        uuid   not null references @run (id) on delete cascade,
  position   bigint not null,
  written_at bigint not null,
  line       text   not null,
  primary key (run, position)
))",
    R"(create table @skip (
  id         bigint generated always as identity primary key,
  task       bigint not null references @task (id),
  reason     text   not null,
  first_slot bigint not null,
  last_slot  bigint not null,
  slots      bigint not null
) with (fillfactor = 70))",
    "create index skip_by_task on @skip (task, id)",
    "create table @known_user (id text not null)",
    "create unique index known_user_by_id on @known_user (sha256(decode(id, 'escape')))",
    R"(create view @history as -- for people
  select t.uid, r.id, r."trigger", r.attempt, to_timestamp(r.scheduled_at / 1e6) as scheduled_at,
    to_timestamp(r.started_at / 1e6) as started_at, to_timestamp(r.finished_at / 1e6) as finished_at,
    r.outcome, r.message
  from @run r join @task t on t.id = r.task)",
};

// What several managers need: who has a run, until when, and how often it may be tried; by which transaction a task
// has changed, so that whoever has seen all up to one looks for what came after; and what they are asked for.
constexpr std::string_view version_2[] = {
    R"(alter table @run
  add column node         text,              -- null: of a manager that has all to itself
  add column lease_until  bigint,
  add column attempts_max bigint not null default 0, -- if this one is lost, as many as it if the next has begun
  add column cancel_asked text               -- why, in the words of who asked whoever has it; null: nobody did
)",
    // Of the runs in flight there must be one index for each question, or the planner, which thinks of them as none, picks
    // any: hence `lease_until is not null`.
    "drop index @run_in_flight",
    "create index run_of_task_in_flight on @run (task) where outcome is null",
    "create index run_by_lease on @run (lease_until) where outcome is null and lease_until is not null",
    R"(create index run_by_retry on @run (task, scheduled_at, attempt) where "trigger" = 'retry')",
    R"(create index run_beside on @run (task, scheduled_at) where "trigger" in ('manual', 'backfill'))",
    R"(create index run_lost on @run (finished_at, id)
  where attempt < attempts_max and outcome in ('abandoned', 'interrupted'))",
    "create index run_to_cancel on @run (node) where outcome is null and cancel_asked is not null",
    R"(create table @asked_run (                  -- for whoever has the task
  id    uuid   primary key,                  -- of the run that it becomes
  task  bigint not null references @task (id),
  users text[] not null,
  until bigint not null                      -- by when it is to have begun
))",
    "create index asked_run_by_end on @asked_run (until)",
    R"(alter table @task
  add column changed         bigint not null default 0, -- its schedule or its pause; 0: never
  add column cursor_schedule text                        -- of which the cursor is; null: the task's
)",
    "create index task_changed on @task (changed)",
    R"(create or replace view @history as
  select t.uid, r.id, r."trigger", r.attempt, to_timestamp(r.scheduled_at / 1e6) as scheduled_at,
    to_timestamp(r.started_at / 1e6) as started_at, to_timestamp(r.finished_at / 1e6) as finished_at,
    r.outcome, r.message, r.node, to_timestamp(r.lease_until / 1e6) as lease_until
  from @run r join @task t on t.id = r.task)",
};

constexpr std::array<std::span<const std::string_view>, 2> all_migrations{version_1, version_2};

static_assert(all_migrations.size() == schema_version);

} // namespace

std::span<const std::span<const std::string_view>> migrations() noexcept {
    return all_migrations;
}

} // namespace rondo::postgres::detail
