// SPDX-License-Identifier: BSL-1.0
// Where other managers have the same tasks on the same repository.
#include <core/clock_step.hpp>
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace rondo::runtime {

static_assert(shared_clock::step_min == core::clock_step_min);

namespace {

constexpr std::chrono::nanoseconds pause_after_failure = std::chrono::milliseconds(100);
constexpr std::string_view superseded = "another manager has registered it with another schedule";

boost::asio::awaitable<result<repository_news>> next_news(rondo::repository& r) {
    try {
        co_return co_await r.watch();
    } catch (...) {
        co_return errc::store_failed;
    }
}

} // namespace

void engine::watch_soon() {
    if (sharing_.clock == nullptr) return;
    auto signal = std::make_shared<boost::asio::cancellation_signal>();
    sharing_.watching = signal;
    sharing_.blind = false;
    try {
        boost::asio::co_spawn(
            strand_, watch(shared_from_this()),
            boost::asio::bind_cancellation_slot(signal->slot(), [signal](std::exception_ptr) {}));
    } catch (...) { // no memory: with the next tick
        sharing_.blind = true;
        throw;
    }
}

// What could not be obeyed for want of memory is obeyed a little later: to do so twice does no harm.
boost::asio::awaitable<void> engine::watch(std::shared_ptr<engine> self) {
    struct leave { // also if Asio finds no memory to go on, and destroys us
        engine& e;
        ~leave() {
            if (e.context_gone_ || e.life_ == life::over) return;
            e.sharing_.blind = true;
            e.rearm();
        }
    } const on_exit{*this};
    boost::asio::steady_timer pause(strand_);
    while (life_ != life::over) {
        auto news = co_await next_news(*repository_);
        bool done = life_ == life::over;
        while (!done) {
            try {
                if (news) on_news(news.value());
                done = news.has_value();
            } catch (...) {
                log_exception("what other managers do is seen later");
            }
            if (done) break;
            pause.expires_after(pause_after_failure);
            auto waited = co_await pause.async_wait(boost::asio::as_tuple(boost::asio::deferred));
            done = std::get<0>(waited) || !news || life_ == life::over;
        }
    }
    (void)self;
}

void engine::on_news(const repository_news& news) {
    answer_begins(answered_.called.size());                // which was said before
    if (!answered_.called.empty()) throw std::bad_alloc(); // there is no memory for it yet
    if (news.clock) {
        const std::chrono::nanoseconds behind = sharing_.clock->set(*news.clock);
        if (timer_ != nullptr) timer_->cancel(); // which waits by what the clock was
        if (behind > shared_clock::step_min || behind < -shared_clock::step_min)
            log(log_level::warning,
                fmt::format("the clock of the repository was set by {} ms",
                            std::chrono::floor<std::chrono::milliseconds>(behind).count()));
    }
    for (const run_id& id : news.lost) {
        if (core::run_record* run = find_run(id); run != nullptr) on_lease_lost(*run);
    }
    for (const task_news& n : news.tasks) on_news(n);
    for (const cancel_request& c : news.cancelled) {
        core::run_record* run = find_run(c.id);
        if (run == nullptr || run->cancelled != cancel_reason::none) continue;
        log(log_level::info,
            fmt::format("task {} run {}: somebody elsewhere has it cancelled", run->task->uid, c.id));
        with_core(
            [&](core::scheduler& core) { core.cancel(*run, cancel_reason::requested, clock_.now(), c.why); });
        obey_actions();
    }
    for (const run_request& r : news.asked) {
        obey_left(); // which may take the task
        core::task_record* task = core_.find(r.uid);
        if (task == nullptr) continue;
        with_core([&](core::scheduler& core) { core.run_if_free(*task, r, clock_.now()); });
        obey_actions();
    }
    for (const run& r : news.abandoned) {
        obey_left(); // likewise
        core::task_record* task = core_.find(r.uid);
        if (task == nullptr || !core::scheduler::wants_reruns(*task)) continue;
        with_core([&](core::scheduler& core) { core.rerun(*task, r, clock_.now()); });
        obey_actions();
    }
    obey();
}

// How many there are: of one run, or of all of a task.
void engine::cancel_elsewhere(cancel_request what, answer<std::uint64_t> then) {
    if (sharing_.clock == nullptr) return then(std::uint64_t(0));
    auto answered = std::make_shared<answer<std::uint64_t>>(std::move(then));
    call<std::uint64_t>([what = std::move(what)](rondo::repository& r) { return r.ask_to_cancel(what); },
                        [answered](result<std::uint64_t> n) { (*answered)(std::move(n)); },
                        [answered](error_code why) { (*answered)(why); });
}

void engine::on_lease_lost(core::run_record& run) {
    log(log_level::error, fmt::format("task {} run {}: its lease is lost", run.task->uid, run.id));
    with_core([&](core::scheduler& core) { core.cancel(run, cancel_reason::lease_lost, clock_.now()); });
    obey_actions(); // one input at a time
}

// It rests here while it is paused, or while its schedule is another's.
void engine::on_news(const task_news& n) {
    core::task_record* task = core_.find(n.uid);
    if (task == nullptr || task->state != core::task_state_kind::live) return;
    const instant now = clock_.now();
    core::pause_note note{n.superseded ? std::string(superseded) : n.pause_reason,
                          n.superseded ? moment() : n.paused_until,
                          {}};
    const bool paused = n.superseded || (n.paused && (!note.until || *note.until > now.wall));
    const stat known = with_core([&](core::scheduler& core) { return core.stat_of(*task); });
    const bool same = paused == known.paused &&
                      (!paused || (note.reason == known.pause_reason && note.until == known.paused_until));
    if (same) return;
    if (n.superseded) log(log_level::warning, fmt::format("task {}: {}", n.uid, superseded));
    event e;
    e.kind = paused ? event_kind::task_paused : event_kind::task_resumed;
    e.at = now.wall;
    e.uid = task->uid;
    e.message = note.reason;
    with_core([&](core::scheduler& core) {
        if (paused)
            core.pause(*task, now, std::move(note));
        else
            core.resume(*task, resume_from::now, now);
    });
    obey_actions(); // one input at a time
    publish(e);
}

// Whether all is done: a run beside the schedule is another manager's, or has to wait for another; or the task has another
// schedule now, which we do not know; or a slot is to be asked for again when it is due.
bool engine::is_refused(core::decision& d, const begin_answer& a, instant now) {
    if (d.run != nullptr && sharing_.clock->is_past(a.held_until)) on_lease_lost(*d.run);
    const bool unknown = a.state == begin_state::unknown_task && !d.request.asked;
    const bool refused = a.state != begin_state::recorded && !unknown;
    const bool early = a.state == begin_state::not_yet && d.request.in_advance;
    const bool in_turn = d.request.moves_cursor && a.state != begin_state::superseded && !early;
    if (!refused || in_turn) return false;
    const shared_string uid = d.request.uid;
    with_core([&](core::scheduler& core) { core.refused_for_others(d, a, now); });
    d.run = nullptr; // told, whatever becomes of the rest
    obey_actions();
    if (a.state != begin_state::superseded) return true;
    task_news n;
    n.uid = uid;
    n.superseded = true;
    on_news(n);
    return true;
}

} // namespace rondo::runtime
