// SPDX-License-Identifier: BSL-1.0
// What holds where several managers share the tasks.
#include <repository/postgres/batch.hpp>
#include <repository/postgres/database.hpp>
#include <repository/postgres/failure.hpp>
#include <repository/postgres/leases.hpp>
#include <repository/postgres/stored_text.hpp>
#include <repository/user_ids.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace rondo::postgres::detail {
namespace {

using repository_detail::lease_keeper;
using std::chrono::microseconds;

// Anybody may write there: one that cannot be read keeps nobody from the others. Gives the last such.
template <class F>
std::optional<failure> tell_each(const rows& r, F tell) {
    std::optional<failure> bad;
    for (std::size_t i = 0; i != r.size(); ++i) {
        try {
            tell(i);
        } catch (const failure& f) {
            bad = f;
        }
    }
    return bad;
}

std::int64_t in_us(std::chrono::milliseconds t) noexcept {
    return microseconds(t).count();
}

parameters renewal(const leases& l, const std::vector<lease_keeper::held_run>& held) {
    parameters p;
    p.add_array(held, [](const auto& h) { return h.id; }).add(plain_text{l.node}).add(in_us(l.ttl));
    return p;
}

parameters one(std::int64_t value) {
    parameters p;
    p.add(value);
    return p;
}

parameters only(const shared_string& uid) {
    parameters p;
    p.add_array(std::span(&uid, 1), [](const shared_string& each) { return each.view(); });
    return p;
}

std::vector<run_id> ids_of(const rows& r) {
    std::vector<run_id> ids;
    for (std::size_t i = 0; i != r.size(); ++i) ids.push_back(r.id(i, 0));
    return ids;
}

} // namespace

database::awaitable<std::uint64_t> database::start_shared(wall_time now) {
    if (!leases_.desk->begin_anew())
        throw failure(errc::store_locked, "another manager uses this repository");
    leases_.begin_anew();
    parameters nothing;
    const rows unheld = co_await ask(lease_sql_.has_unheld, std::move(nothing));
    std::uint64_t ended = 0;
    if (unheld.flag(0, 0)) { // of a manager that had all to itself
        batch b;
        b.add(sql_.lock_all_tasks, {});
        parameters p;
        p.add(now).add(plain_text{abandoned_message});
        b.add(lease_sql_.start_runs, std::move(p));
        const std::vector<rows> answers = co_await connection_.exchange(b);
        ended = answers[1].changed();
    }
    parameters none;
    const rows horizon = co_await ask(lease_sql_.read_horizon, std::move(none));
    leases_.horizon = horizon.integer(0, 0);
    co_await look();
    co_return ended;
}

// Whoever has all to itself takes all over, and must not do that with what others hold.
database::awaitable<void> database::refuse_if_shared() {
    parameters none;
    const rows r = co_await ask(lease_sql_.has_leases, std::move(none));
    if (r.flag(0, 0))
        throw failure(errc::store_locked, "other managers share the tasks, and have runs under way");
}

database::awaitable<void> database::look() {
    leases_.looked_at = leases::now();
    leases_.look_at = leases_.looked_at + leases_.look_every();
    co_await renew_if_due();
    batch b;
    b.add(lease_sql_.find_expired, one(in_us(leases_.ttl)));
    parameters messages;
    messages.add(plain_text{abandoned_message}).add(plain_text{lease_lost_message});
    messages.add(leases_.lost_before.finished_at).add(leases_.lost_before.id);
    b.add(lease_sql_.find_lost, std::move(messages));
    b.add(lease_sql_.read_horizon, {});
    b.add(lease_sql_.find_changed, one(leases_.horizon));
    b.add(lease_sql_.drop_asked, {});
    b.add(lease_sql_.find_asked, one(leases_.asked_after));
    parameters node;
    node.add(plain_text{leases_.node});
    b.add(lease_sql_.find_cancelled, std::move(node));
    const std::vector<rows> answers = co_await connection_.exchange(b);
    std::optional<failure> bad = tell_lost_slots(answers[1]);
    const auto tell = [&](std::optional<failure> f) {
        if (f) bad = std::move(f);
    };
    tell(tell_each(answers[3], [&](std::size_t i) { tell_change(answers[3], i); }));
    leases_.horizon = answers[2].integer(0, 0); // that all were told of
    co_await read_clock();
    // Those who were cut off together with us must have had the time to renew.
    if (answers[0].size() > 0 && leases::now() - leases_.connected_at >= leases_.ttl)
        co_await reap(answers[0]);
    tell(tell_each(answers[6], [&](std::size_t i) { tell_cancelled(answers[6], i); }));
    tell(tell_each(answers[5], [&](std::size_t i) { tell_asked(answers[5], i); }));
    leases_.asked_after = answers[5].size() < asked_max ? 0 : answers[5].integer(asked_max - 1, 4);
    if (bad) throw failure(*bad);
}

// By itself, so that nothing that fails takes it along; and before whatever may take long.
database::awaitable<void> database::renew_if_due() {
    struct attempt { // whatever is thrown, the next renewal is tried
        lease_keeper& keeper;
        explicit attempt(lease_keeper& k) noexcept : keeper(k) {}
        attempt(const attempt&) = delete;
        attempt& operator=(const attempt&) = delete;
        ~attempt() {
            if (keeper.is_renewing()) keeper.not_renewed(leases::now());
        }
    };
    const steady_time begin = leases::now();
    if (!is_shared() || leases_.next_renewal() > begin) co_return;
    std::optional<failure> failed;
    try {
        const attempt under_way(leases_.keeper);
        batch b;
        b.add(lease_sql_.renew, renewal(leases_, leases_.keeper.begin_renewal(begin)));
        const std::vector<rows> answers = co_await connection_.exchange(b);
        leases_.keeper.renewed(ids_of(answers[0]));
    } catch (const failure& f) {
        failed = f;
    }
    leases_.on_time(leases::now());
    if (failed && (!connection_.is_open() || failed->why() == errc::store_corrupt)) throw failure(*failed);
}

// By itself, so that it tells of a moment; several times where nothing better is known, as one may take long. What is
// shown may be late, by less than a clock is that was set, and never early.
database::awaitable<void> database::read_clock() {
    constexpr int tries_max = 5;
    const bool at_first = leases_.read_at == steady_time();
    const steady_time asked_at = leases::now();
    std::optional<clock_reading> best;
    auto best_took = std::chrono::nanoseconds::max();
    int tries = leases_.wants_reading(asked_at) ? tries_max : 1;
    for (; tries > 0 && best_took > leases::reading_fast; --tries) {
        if (best && leases::now() - asked_at > leases::reading_slow) break; // others wait
        co_await renew_if_due();
        const steady_time begin = leases::now();
        parameters none;
        const rows r = co_await ask(lease_sql_.read_clock, std::move(none));
        const steady_time end = leases::now();
        if (end - begin >= best_took) continue;
        best_took = end - begin;
        best = clock_reading{r.time(0, 0), end};
    }
    if (best_took > leases::reading_slow) {
        if (at_first) throw failure(errc::store_failed, "the server tells its time too late");
        co_return;
    }
    if (!leases_.takes_reading(best_took, leases::now())) co_return;
    leases_.desk->tell([&](repository_news& n) { n.clock = *best; });
}

database::awaitable<void> database::reap(const rows& tasks) {
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i != tasks.size(); ++i) ids.push_back(tasks.integer(i, 0));
    parameters p;
    p.add_array(ids, [](std::int64_t id) { return id; }).add(plain_text{abandoned_message});
    const rows r = co_await ask(lease_sql_.reap, std::move(p));
    if (r.changed() > 0) leases_.look_at = leases::now(); // what is to be run again is seen at once
}

std::optional<failure> database::tell_lost_slots(const rows& r) {
    std::vector<run> ours;
    std::optional<failure> bad = tell_each(r, [&](std::size_t i) {
        run lost = read_run(r, i);
        if (leases_.tasks.contains(lost.uid)) ours.push_back(std::move(lost));
    });
    leases_.lost_before = {};
    if (r.size() == lost_max) leases_.lost_before = {r.time(lost_max - 1, 5), r.id(lost_max - 1, 0)};
    if (!ours.empty()) leases_.desk->tell([&](repository_news& n) { n.abandoned = std::move(ours); });
    return bad;
}

// Each once: a change is seen again while any transaction is under way that was so when it was made. A schedule that
// cannot be read is none of ours, and a reason is not what matters.
void database::tell_change(const rows& r, std::size_t i) {
    task_news told;
    told.uid = shared_string(r.text(i, 0));
    const std::int64_t when = r.integer(i, 1);
    const auto ours = leases_.tasks.find(told.uid);
    if (ours == leases_.tasks.end() || ours->second.change == when) return;
    told.superseded = from_stored(r.word(i, 2)) != ours->second.schedule;
    told.paused = r.flag(i, 3);
    if (!r.is_null(i, 4)) told.pause_reason = from_stored(r.word(i, 4)).value_or(std::string());
    told.paused_until = r.time_or_never(i, 5);
    leases_.desk->tell([&](repository_news& n) { n.tasks.push_back(std::move(told)); });
    ours->second.change = when;
}

// Not by a definition that others have replaced.
void database::tell_asked(const rows& r, std::size_t i) {
    run_request wanted{r.id(i, 0), shared_string(r.text(i, 1))};
    if (leases_.schedule_of(wanted.uid) != r.text(i, 3)) return;
    for (std::string& id : r.texts(i, 2)) wanted.users.emplace_back(std::move(id));
    if (!repository_detail::all_valid(wanted.users))
        throw failure(errc::store_corrupt, "a run is asked for by users that are none of ours");
    leases_.desk->tell([&](repository_news& n) {
        if (std::ranges::find(n.asked, wanted.id, &run_request::id) == n.asked.end())
            n.asked.push_back(std::move(wanted));
    });
}

void database::tell_cancelled(const rows& r, std::size_t i) {
    cancel_request unwanted{r.id(i, 0), {}, r.text(i, 1)};
    leases_.desk->tell([&](repository_news& n) {
        if (std::ranges::find(n.cancelled, unwanted.id, &cancel_request::id) == n.cancelled.end())
            n.cancelled.push_back(std::move(unwanted));
    });
}

// Behind a lock on the task, as whoever begins such a run has that: it is not asked for again while it begins.
database::awaitable<database::asked> database::ask_for_run(const run_request& wanted) {
    batch b;
    b.add(sql_.lock_tasks, only(wanted.uid));
    parameters p;
    p.add(wanted.id).add(wanted.uid.view());
    p.add_array(wanted.users, [](const user& u) { return std::string_view(u.id()); });
    p.add(in_us(wanted.keep_for));
    b.add(lease_sql_.ask_for_run, std::move(p));
    co_await renew_if_due();
    const std::vector<rows> answers = co_await connection_.exchange(b);
    const rows& known = answers[1];
    if (known.size() == 0) co_return asked::no_such_task;
    if (known.flag(0, 0)) co_return asked::of_another; // its id is
    co_await tell_others();
    co_return asked::on_record;
}

database::awaitable<std::uint64_t> database::ask_to_cancel(const cancel_request& unwanted) {
    const bool one_run = unwanted.id != run_id();
    parameters p;
    if (one_run)
        p.add(unwanted.id);
    else
        p.add(unwanted.uid.view());
    p.add(plain_text{leases_.node}).add(std::string_view(unwanted.why));
    batch b;
    if (!one_run) b.add(sql_.lock_tasks, only(unwanted.uid));
    b.add(one_run ? lease_sql_.cancel_run : lease_sql_.cancel_task, std::move(p));
    co_await renew_if_due();
    const std::vector<rows> answers = co_await connection_.exchange(b);
    const std::uint64_t n = answers.back().changed();
    if (n > 0) co_await tell_others();
    co_return n;
}

// By itself, as the server has all who do so wait for each other. If it fails they find out a little later.
database::awaitable<void> database::tell_others() {
    try {
        parameters schema;
        schema.add(plain_text{settings_.chosen.schema});
        batch b;
        b.add(lease_sql_.notify, std::move(schema));
        co_await connection_.exchange(b);
    } catch (const std::exception&) { // of the connection, mostly, which the next call sees
    }
}

// What has ended is nobody's.
void database::note_ended(const std::vector<finish_request>& ended) {
    for (const finish_request& r : ended) leases_.keeper.let_go(r.run.id);
}

// What others hold is not ours.
void database::note_begun(const std::vector<begin_request>& begun, std::vector<begin_answer>& answers,
                          steady_time asked_at) {
    for (std::size_t i = 0; i != begun.size(); ++i) {
        begin_answer& a = answers[i];
        // The manager may not hear it, and ask again: that is seen by the cursor, unless it is where it was. Nor may it hear
        // that another has moved it.
        if (begun[i].moves_cursor && a.state == begin_state::recorded && begun[i].next != begun[i].expected)
            if (const auto known = leases_.tasks.find(begun[i].uid); known != leases_.tasks.end())
                known->second.came_to_old = false;
        if (!begun[i].started || a.state != begin_state::recorded) continue;
        leases_.keeper.took(begun[i].started->id, a.token, asked_at);
        a.held_until = leases_.keeper.trusted_until(asked_at);
    }
}

void database::note(const std::vector<task_definition>& tasks, const std::vector<task_state>& states) {
    for (std::size_t i = 0; i != tasks.size(); ++i) {
        const task_definition& t = tasks[i];
        // What we have not decided yet may be from before another did.
        leases::known_task& known = leases_.tasks[t.uid];
        const bool same = known.schedule == t.schedule;
        known.schedule = t.schedule;
        known.change = 0;
        known.came_to_old = states[i].schedule_changed || (same && known.came_to_old);
    }
}

} // namespace rondo::postgres::detail
