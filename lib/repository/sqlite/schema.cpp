// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/schema.hpp>

#include <repository/sqlite/failure.hpp>

#include <array>
#include <string>

namespace rondo::sqlite::detail {
namespace {

// Instants are microseconds since 1970 in UTC, flags are 0 or 1, enumerators are their words, and a
// run's id is its 16 bytes: in big endian, so that they sort by the time they were made.
constexpr const char* version_1 = R"(
create table task (
  id        integer primary key,
  uid       text    not null unique,
  name      text    not null,
  schedule  text    not null,
  hidden    integer not null,
  anchor    integer not null,
  next_slot integer,                    -- the cursor; null: finished
  token     integer not null default 0, -- of the latest run
  paused    integer not null default 0,
  active    integer not null default 1
) strict;

create table run (
  id           blob    primary key not null check (length(id) = 16),
  task         integer not null references task (id),
  "trigger"    text    not null,
  scheduled_at integer not null,
  started_at   integer not null,
  finished_at  integer,                 -- null: in flight, as is the outcome
  outcome      text,
  message      text    not null default '',
  token        integer not null
) strict;
create unique index run_slot on run (task, scheduled_at) where "trigger" <> 'manual';
create index run_by_start on run (started_at, id);
create index run_by_task on run (task, started_at, id);
create index run_by_end on run (finished_at);

create table run_user (
  run      blob    not null references run (id) on delete cascade,
  position integer not null,
  user     text    not null,
  primary key (run, position)
) strict, without rowid;

create table result (
  run        blob    not null references run (id) on delete cascade,
  position   integer not null,
  user       text    not null,
  started_at integer not null,          -- of the run: pages of one user's history are read from the index
  message    text    not null,
  error      text    not null,
  primary key (run, position)
) strict, without rowid;
create index result_by_user on result (user, started_at, run);

create table skip (
  id     integer primary key,
  task   integer not null references task (id),
  reason text    not null,
  first  integer not null,
  last   integer not null,
  count  integer not null
) strict;
create index skip_by_task on skip (task);

create table user (
  id text primary key not null
) strict, without rowid;
)";

// Retries of a slot, and runs that somebody asked for, have the slot beside its run.
constexpr const char* version_2 = R"(
alter table task add column pause_reason text;    -- null: none was given
alter table task add column paused_until integer; -- null: until somebody resumes it
alter table run add column attempt integer not null default 1;
drop index run_slot;
create unique index run_slot on run (task, scheduled_at) where "trigger" in ('schedule', 'catch_up');
)";

// What a body told of its run.
constexpr const char* version_3 = R"(
alter table run add column progress real;         -- from 0 to 1; null: it told none, as in the next two
alter table run add column progress_text text;
alter table run add column progress_at integer;
alter table run add column lines_dropped integer; -- null: it told nothing at all

create table run_line (
  run      blob    not null references run (id) on delete cascade,
  position integer not null,
  at       integer not null,
  text     text    not null,
  primary key (run, position)
) strict, without rowid;
)";

// The cursors, sixteen in a row: those of tasks that are due together move at the price of few.
constexpr const char* version_4 = R"(
create table cursor_page (
  id      integer primary key, -- task / 16
  cursors text    not null     -- JSON: of each task's id [its next slot or null: finished, token of its latest run]
) strict;
insert into cursor_page (id, cursors)
  select id / 16, json_group_object(id, json_array(next_slot, token)) from task where id >= 0 and token >= 0
  group by id / 16;
alter table task drop column next_slot;
alter table task drop column token;
create view cursor as -- for people; a token that is null: the cursor is missing
  select t.id as task, json_extract(p.cursors, '$."' || t.id || '"[0]') as next_slot,
         json_extract(p.cursors, '$."' || t.id || '"[1]') as token
  from task t left join cursor_page p on p.id = t.id / 16;
)";

constexpr const char* version_5 = R"(
alter table task add column cursor_schedule text; -- of which the cursor is; null: the task's
)";

constexpr std::array<migration, 5> all_migrations{migration{1, version_1}, migration{2, version_2},
                                                  migration{3, version_3}, migration{4, version_4},
                                                  migration{5, version_5}};

static_assert(all_migrations.back().to == schema_version);

} // namespace

std::span<const migration> migrations() noexcept {
    return all_migrations;
}

void identify(connection& db, std::span<const migration> steps) {
    const std::int64_t application = db.integer("pragma application_id");
    const std::int64_t version = db.integer("pragma user_version");
    if (application == application_id) {
        if (version > steps.back().to) throw failure(errc::store_too_new);
        if (version < 1) throw failure(errc::store_corrupt);
        return;
    }
    const std::int64_t tables = db.integer("select count(*) from sqlite_schema");
    if (application != 0 || version != 0 || tables != 0) throw failure(errc::store_foreign);
}

void migrate(connection& db, std::span<const migration> steps) {
    const std::int64_t version = db.integer("pragma user_version");
    for (const migration& step : steps) {
        if (step.to <= version) continue;
        transaction t(db);
        db.execute(step.sql);
        // Pragmas take no parameters.
        db.execute(("pragma application_id=" + std::to_string(application_id)).c_str());
        db.execute(("pragma user_version=" + std::to_string(step.to)).c_str());
        t.commit();
        if (!db.log_is_long()) continue;
        if (const auto done = db.checkpoint(); done.failed) throw failure(*done.failed);
    }
}

bool is_sound(connection& db) {
    statement s(db.handle(), "pragma quick_check(1)");
    query q(s);
    return q.step() && q.text(0) == "ok";
}

void check_tables(connection& db) {
    for (const char* sql : {
             "select id, uid, name, schedule, hidden, anchor, paused, active, pause_reason, paused_until, "
             "cursor_schedule from task",
             every_cursor,
             write_cursor_page, // refused without the key
             "select id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, message, token, "
             "attempt, progress, progress_text, progress_at, lines_dropped from run",
             "select run, position, at, text from run_line",
             "select run, position, user from run_user",
             "select run, position, user, started_at, message, error from result",
             "select id, task, reason, first, last, count from skip",
             "select id from user",
         }) {
        const statement only_prepared(db.handle(), sql);
    }
}

} // namespace rondo::sqlite::detail
