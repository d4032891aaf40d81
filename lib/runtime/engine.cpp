// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <runtime/body_executor.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <new>
#include <random>

namespace rondo::runtime {
namespace {

constexpr std::chrono::nanoseconds pause_after_failure = std::chrono::milliseconds(100);

std::uint64_t random_seed() {
    std::random_device device;
    return std::uint64_t(device()) << 32 | device();
}

core::scheduler_options core_options(const manager_options& o, const shard& place, bool told, bool shared) {
    core::scheduler_options c;
    c.shared = shared;
    c.resolution = o.resolution;
    c.runs_in_flight_max = o.runs_in_flight_max;
    c.runs_waiting_max = o.runs_waiting_max;
    c.priority_ageing = o.priority_ageing;
    c.cancel_grace = std::min<std::chrono::nanoseconds>(o.cancel_grace, std::chrono::years(100));
    constexpr std::chrono::nanoseconds long_enough = std::chrono::years(100);
    c.wall_clock_check =
        told ? long_enough : std::min<std::chrono::nanoseconds>(o.wall_clock_check, long_enough);
    c.seed = o.seed != 0 ? o.seed : random_seed();
    if (place.ties != nullptr) c.seed = shard_ties::seed_of(place.index, c.seed);
    return c;
}

/// Without memory nobody lets go of it: those who use it may not outlive it.
std::shared_ptr<detail::task_payload> shared(std::unique_ptr<detail::task_payload> body) noexcept {
    try {
        return std::shared_ptr<detail::task_payload>(std::move(body));
    } catch (const std::bad_alloc&) {
        (void)body.release();
        return nullptr;
    }
}

/// Puts the clock of a shared repository before the one that is there.
sharing sharing_of(const repository* r, std::shared_ptr<clock>& owner) {
    sharing s;
    if (r == nullptr || !r->is_shared()) return s;
    s.clock = std::make_shared<shared_clock>(owner);
    owner = s.clock;
    return s;
}

bool brings_clock(const manager_options& o) {
    return o.clock != nullptr && o.clock != &system_clock();
}

} // namespace

engine::engine(boost::asio::any_io_executor executor, std::shared_ptr<rondo::repository> repository,
               manager_options options, const host& h, shard place)
    : executor_(std::move(executor)), strands_(strands_over(executor_)), strand_(strands_->make({})),
      repository_(std::move(repository)), options_(std::move(options)), place_(std::move(place)),
      host_clock_(brings_clock(options_) ? nullptr : std::make_shared<host_clock>(h.clocks)),
      clock_owner_(host_clock_ != nullptr ? std::shared_ptr<clock>(host_clock_)
                                          : std::shared_ptr<clock>(std::shared_ptr<void>(), options_.clock)),
      sharing_(sharing_of(repository_.get(), clock_owner_)), clock_(*clock_owner_),
      watch_(host_clock_ != nullptr ? h.open_watch() : -1),
      core_(core_options(options_, place_, watch_.works() || clock_.wakes_on_set(),
                         sharing_.clock != nullptr)) {
    if (watch_.works()) host_clock_->watch();
    // "For ever" is a hundred years, which can be added to a time without overflow.
    constexpr std::chrono::nanoseconds for_ever = std::chrono::years(100);
    options_.store_timeout = std::min(options_.store_timeout, for_ever);
    options_.cancel_grace = std::min(options_.cancel_grace, for_ever);
    options_.retention.every = std::min(options_.retention.every, for_ever);
    stillborn_.reserve(64);
    core_.set_lead(recording_.lead());
}

engine::~engine() {
    clock_.disarm(*this);
    strand_ = {};
    if (context_gone_)
        strands_->close();
    else
        strands_->outlive();
}

void engine::enlist() {
    auto& service = boost::asio::use_service<context_service>(
        boost::asio::query(executor_, boost::asio::execution::context));
    service.add(weak_from_this());
}

void engine::on_context_shutdown() noexcept {
    context_gone_ = true;
    clock_.disarm(*this);
    timer_ = nullptr;
    core_.actions().clear(); // of an input that failed
    stillborn_.clear();
    // A body may hold what belongs to the context. Frames that still use one keep it until they go.
    runs_.for_each([](detail::run_state& state) {
        state.leave_strand(true);
        core::task_record& task = *state.record->task;
        if (task.payload == nullptr) return;
        std::shared_ptr<detail::task_payload> body = shared(std::move(task.payload));
        for (core::run_record* run = task.runs(); run != nullptr; run = run->next)
            if (run->runner != nullptr) static_cast<detail::run_state*>(run->runner)->keep = body;
    });
    let_bodies_go();
    {
        std::lock_guard lock(mutex_); // observers look at them
        runs_.for_each([](detail::run_state& state) { state.record->runner = nullptr; });
    }
    runs_.clear();
    want_users_.clear();
    run_waiters_.clear();
    chains_.clear();
    backfills_.clear();
    changes_ = {};
    calls_.clear();
    shutdown_waiters_.clear();
    outbox_ = {};
    call_ = {};
    answered_ = {};
    ready_.list.clear();
    ended_.list.clear();
    late_->drop();
    readers_.drop_waiters();
    strands_->drop();
    strand_ = {};
    executor_ = {};
}

// The clock moved: look again. Any thread.
void engine::wake() noexcept {
    auto self = weak_from_this().lock();
    if (self == nullptr) return;
    try {
        post([self] {
            if (self->timer_ != nullptr)
                self->timer_->cancel();
            else
                self->rearm();
        });
    } catch (...) {
        log_exception("a step of the clock is seen later");
    }
}

// Of all tasks that have no run: nothing of them starts any more.
void engine::let_bodies_go() {
    core_.start_walk();
    for (bool some = true; some;) {
        std::unique_ptr<detail::task_payload> gone; // outside the lock
        std::lock_guard lock(mutex_);
        core::task_record* task = core_.walk();
        some = task != nullptr;
        if (some && (task->runs() == nullptr || context_gone_)) gone = std::move(task->payload);
    }
}

boost::asio::awaitable<void> engine::drive(std::shared_ptr<engine> self) {
    boost::asio::steady_timer timer(strand_);
    timer_ = &timer;
    struct
        leave { // also if something throws, or Asio lets go of the coroutine, as it finds no memory to wait
        engine& e;
        const boost::asio::steady_timer& mine;
        bool waited = false;
        ~leave() {
            if (e.timer_ != &mine) return; // there is another, or the context is gone
            e.timer_ = nullptr;
            e.driver_lost_ = e.needs_driver();
            // Or, without memory for that either, or for the very first wait, with the next input.
            if (e.driver_lost_ && waited) e.bring_driver_back();
        }
    } on_exit{*this, timer};
    while (needs_driver()) {
        bool whole = !is_alive() || tick_guarded();
        late_->try_again();
        if (!needs_driver()) break;
        armed_ = next_wakeup(clock_.now());
        if (!whole) armed_ = std::max(armed_, clock_.now().steady + pause_after_failure);
        steady_time asked = clock_.arm(*this, armed_);
        timer.expires_at(asked);
        auto waited = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
        on_exit.waited = true;
        clock_.disarm(*this);
        note_lag(asked, !std::get<0>(waited));
    }
    (void)self;
}

// Hears of what the timers do not: that the wall clock was set, that the machine has slept.
boost::asio::awaitable<void> engine::listen(std::shared_ptr<engine> self) {
    std::function<void()> moved = [this] { host_clock_->moved(); };
    try {
        co_await watch_.listen(strand_, std::move(moved));
    } catch (...) { // no memory; waits are short from now on, as after any other failure
    }
    host_clock_->unwatch();
    (void)self;
}

// No memory, say. Whatever was not done is still due.
bool engine::tick_guarded() {
    try {
        tick();
        return true;
    } catch (...) {
        log_exception("a tick failed");
        return false;
    }
}

void engine::tick() {
    armed_ = steady_time::min(); // nobody needs to wake us: we look at the time now
    instant now = clock_.now();
    if (answered_.held_until <= now.steady) begin_held(now); // first, as their slots are due
    const std::size_t slots_max = has_enough_to_do(now) ? 0 : std::size_t(-1);
    with_core([&](core::scheduler& core) { core.on_time(now, slots_max); });
    obey();
    expire_calls(now);
    if (call_.deadline <= now.steady) on_store_overdue();
    if (outage_.retry_at <= now.steady) {
        outage_.retry_at = steady_time::max();
        record();
    }
    if (pauses_at_ <= now.steady) record_pauses();
    if (prune_at_ <= now.steady) retain();
    if (drain_at_ <= now.steady || ended_.unposted) drain_ended();
    if (has_put_off()) do_put_off();
    if (sharing_.blind) watch_soon();
    if (drain_until_ <= now.steady) finish_shutdown();
}

/// What is on record goes on before more begins; handlers for it are on their way. If what is due came first, whatever
/// the loop manages, a loop that has too much to do would spend its time on runs that wait, and on slots that are
/// skipped as their runs wait. But every now and then all that is due is looked at: who is looked at late is late.
bool engine::has_enough_to_do(instant now) {
    constexpr std::size_t enough = 256;
    constexpr auto longest = std::chrono::milliseconds(20);
    const std::size_t decided = recording_.posted ? outbox_.begins.size() + core_.decisions_count() : 0;
    if (decided + answered_.expected() + ready_.expected() + ended_.expected() < enough) {
        busy_since_ = steady_time::max();
        return false;
    }
    if (busy_since_ == steady_time::max()) busy_since_ = now.steady;
    if (now.steady >= busy_since_ && now.steady - busy_since_ < longest) return true;
    if (core_.next_wakeup(now) <= now.steady) return false; // some is left
    busy_since_ = now.steady;
    return true;
}

steady_time engine::next_wakeup(instant now) {
    // Of an input that failed. While one is obeyed, it goes on.
    const bool some = !outbox_.begins.empty() || !outbox_.ends.empty() || core_.has_decisions();
    const bool unsent = some && !recording_.on && outage_.retry_at == steady_time::max();
    const bool left = !obeying_ && (!core_.actions().empty() || !stillborn_.empty() || unsent);
    const bool again = late_->any() || ended_.unposted || has_put_off() || left || sharing_.blind;
    steady_time t = again ? now.steady + pause_after_failure : steady_time::max();
    if (life_ == life::over) return t;
    t = std::min(t, core_.next_wakeup(now));
    if (!calls_.empty()) t = std::min(t, calls_.front()->deadline);
    return std::min({t, answered_.next_held(options_.resolution), call_.deadline, outage_.retry_at,
                     pauses_at_, prune_at_, drain_at_, drain_until_});
}

// Something happened that may have brought a deadline nearer.
void engine::rearm() {
    if (driver_lost_ && needs_driver()) bring_driver_back();
    if (timer_ == nullptr || armed_ == steady_time::min()) return;
    if (next_wakeup(clock_.now()) < armed_) {
        armed_ = steady_time::min();
        timer_->cancel();
    }
}

// In a handler of its own: it begins with what is due, and we may be in the midst of something.
void engine::bring_driver_back() noexcept {
    try {
        post([self = shared_from_this()] {
            if (!std::exchange(self->driver_lost_, false)) return; // it is there again
            try {
                self->spawn_driver();
            } catch (...) { // no memory yet; the next input tries it again
                self->driver_lost_ = true;
                self->log_exception("nobody looks at the time");
            }
        });
    } catch (...) { // likewise
    }
}

error_code engine::usable() const {
    switch (life_) {
    case life::fresh: return errc::not_started;
    case life::starting: return place_.started() ? error_code() : errc::not_started;
    case life::running: return {};
    case life::draining:
    case life::over: break;
    }
    return errc::shutting_down;
}

// The manager is destroyed. What is under way ends in its own time.
void engine::leave() {
    if (context_gone_) return;
    post([self = shared_from_this()] { self->shutdown(nullptr, std::chrono::nanoseconds(0)); });
}

namespace {

/// With the lock of observers: what a run tells goes only after the run is off the list of its task.
stat stat_with_progress(const core::scheduler& core, const core::task_record& task, wall_time now) {
    stat s = core.stat_of(task, now);
    for (core::run_record* run = task.runs(); run != nullptr; run = run->next) {
        void* runner = std::atomic_ref(run->runner).load();
        if (runner == nullptr || run->state == core::run_state_kind::overdue) continue;
        auto told = static_cast<const detail::run_state*>(runner)->progress();
        if (told && (!s.progress || told->at >= s.progress->at)) s.progress = std::move(told);
    }
    return s;
}

} // namespace

void engine::stats(bool with_hidden, std::vector<stat>& to) const {
    const wall_time now = clock_.now().wall;
    std::lock_guard lock(mutex_);
    to.reserve(to.size() + core_.tasks().size());
    core_.tasks().for_each([&](const core::task_record& task) {
        if (task.state == core::task_state_kind::registering || (task.hidden && !with_hidden)) return;
        to.push_back(stat_with_progress(core_, task, now));
    });
}

result<stat> engine::find(std::string_view uid) const {
    std::lock_guard lock(mutex_);
    core::task_record* task = core_.find(uid);
    if (task == nullptr || task->state == core::task_state_kind::registering) return errc::task_not_exists;
    return stat_with_progress(core_, *task, clock_.now().wall);
}

manager_stat engine::state() const {
    std::lock_guard lock(mutex_);
    manager_stat s = state_;
    s.start_delay = start_delay_.load();
    s.loop_lag = loop_lag_.load();
    core_.describe(s);
    s.events_dropped = readers_.dropped();
    return s;
}

std::vector<group_stat> engine::groups() const {
    std::lock_guard lock(mutex_);
    return core_.group_stats(clock_.now());
}

result<core::preview> engine::preview(std::string_view uid) const {
    std::lock_guard lock(mutex_);
    core::task_record* task = core_.find(uid);
    if (task == nullptr || task->state != core::task_state_kind::live) return errc::task_not_exists;
    return core_.preview_of(*task, clock_.now().wall);
}

} // namespace rondo::runtime
