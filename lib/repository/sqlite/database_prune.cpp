// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/database.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace rondo::sqlite::detail {
namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

std::int64_t to_limit(std::size_t n) noexcept {
    return static_cast<std::int64_t>(std::min<std::size_t>(n, no_limit));
}

} // namespace

// By age first; then task by task, of which a call under a limit takes a part: `from` is the last of those before.
prune_progress database::prune(const prune_policy& policy) {
    const std::int64_t most = policy.limit != 0 ? to_limit(policy.limit) : no_limit;
    const std::int64_t after = to_limit(policy.from);
    prune_progress done;
    if (policy.ended_before && after == 0) done = prune_old(*policy.ended_before, most);
    if (policy.runs_per_task && !done.next) {
        const prune_progress surplus =
            prune_surplus(after, *policy.runs_per_task, most - static_cast<std::int64_t>(done.runs));
        done.runs += surplus.runs;
        done.next = surplus.next;
    }
    if (done.runs > 0) give_room_back();
    return done;
}

prune_progress database::prune_old(wall_time ended_before, std::int64_t most) {
    prune_progress done;
    execute("delete from run where id in (select id from run where finished_at < ? limit ?)", ended_before,
            most);
    done.runs = db_.changes();
    bool more = static_cast<std::int64_t>(done.runs) == most;
    if (!more) {
        execute("delete from skip where id in (select id from skip where last < ? limit ?)", ended_before,
                most);
        more = static_cast<std::int64_t>(db_.changes()) == most;
    }
    if (more) done.next = 0;
    return done;
}

prune_progress database::prune_surplus(std::int64_t after, std::size_t runs_per_task, std::int64_t most) {
    prune_progress done;
    // To find what is surplus of a task takes a step for each run that stays.
    constexpr std::int64_t steps_max = 20'000;
    const std::int64_t steps = std::min(to_limit(runs_per_task), steps_max) + 1;
    const std::int64_t looks = most == no_limit ? most : std::clamp<std::int64_t>(steps_max / steps, 1, most);
    const std::vector<std::int64_t> tasks = tasks_after(after, looks);
    std::int64_t left = most;
    for (std::int64_t task : tasks) {
        left -= prune_surplus_of(task, runs_per_task, left);
        if (left == 0) break; // there may be more of this one
        after = task;
    }
    done.runs = static_cast<std::uint64_t>(most - left);
    if (left == 0 || static_cast<std::int64_t>(tasks.size()) == looks)
        done.next = static_cast<std::uint64_t>(after);
    return done;
}

std::int64_t database::prune_surplus_of(std::int64_t task, std::size_t runs_per_task, std::int64_t most) {
    run_id id;
    wall_time start{};
    {
        query q(db_.prepared("select id, started_at from run where task = ? "
                             "order by started_at desc, id desc limit 1 offset ?"),
                task, to_limit(runs_per_task));
        if (!q.step()) return 0;
        id = q.id(0);
        start = q.time(1);
    }
    execute("delete from run where id in (select id from run where task = ? and finished_at is not null "
            "and (started_at, id) <= (?, ?) limit ?)",
            task, start, id, most);
    return static_cast<std::int64_t>(db_.changes());
}

std::vector<std::int64_t> database::tasks_after(std::int64_t task, std::int64_t most) {
    std::vector<std::int64_t> tasks;
    query q(db_.prepared("select id from task where id > ? order by id limit ?"), task, most);
    while (q.step()) tasks.push_back(q.integer(0));
    return tasks;
}

// Pages that are free are used again first. When they are a quarter of the file, some go back to the disk with each
// slice; a file that was made before this was so keeps them.
void database::give_room_back() {
    constexpr std::int64_t little = 1000; // pages
    constexpr const char* slice = "pragma incremental_vacuum(200)";
    const std::int64_t pages = db_.integer("pragma page_count");
    const std::int64_t unused = db_.integer("pragma freelist_count");
    if (unused < little || unused < pages / 4) return;
    query q(db_.prepared(slice));
    while (q.step()) {
    }
}

} // namespace rondo::sqlite::detail
