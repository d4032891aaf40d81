// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace rondo::runtime {
namespace {

bool are_valid(const manager_options& o, const rondo::repository* r) {
    using std::chrono::nanoseconds;
    const bool shards_fit = o.shards == 1 || (o.shards > 1 && o.shards <= shards_max &&
                                              o.runs_in_flight_max == 0 && r->serves_many_strands());
    return shards_fit && o.resolution >= nanoseconds(0) && o.resolution <= std::chrono::hours(1) &&
           o.store_timeout > nanoseconds(0) && o.record <= record::none &&
           o.on_store_failure <= on_store_failure::stop && o.outbox_max > 0 &&
           o.cancel_grace >= nanoseconds(0) && o.wall_clock_check > nanoseconds(0) &&
           o.blocking_warn_after >= nanoseconds(0) && o.retention.age >= nanoseconds(0) &&
           o.retention.every > nanoseconds(0) && o.priority_ageing >= std::chrono::microseconds(1) &&
           o.priority_ageing <= std::chrono::hours(1) &&
           (!r->is_shared() || o.on_store_failure == on_store_failure::stop);
}

} // namespace

// The first step, of each shard. One that was ready for an earlier try still is.
result<void> engine::get_ready() {
    if (life_ == life::starting && !place_.first()) return boost::outcome_v2::success();
    if (life_ != life::fresh)
        return life_ == life::draining || life_ == life::over ? errc::shutting_down : errc::already_started;
    const instant now = clock_.now();
    const bool valid = repository_ != nullptr && are_valid(options_, repository_.get()) &&
                       with_core([&](core::scheduler& core) {
                           return std::ranges::all_of(
                               options_.groups, [&](const group& g) { return bool(core.set_group(g, now)); });
                       });
    if (!valid) return errc::invalid_option;
    life_ = life::starting;
    try {
        if (timer_ == nullptr) spawn_driver();
        // That of the first keeps the loop, which is to end where the repository cannot be opened.
        if (watch_.works() && !place_.first())
            boost::asio::co_spawn(strand_, listen(shared_from_this()), [](std::exception_ptr) {});
    } catch (...) { // no memory
        stay_fresh();
        throw;
    }
    return boost::outcome_v2::success();
}

// If it ends for want of memory, it comes again, now or with the next input.
void engine::spawn_driver() {
    driver_lost_ = false;
    boost::asio::co_spawn(strand_, drive(shared_from_this()),
                          [self = shared_from_this()](std::exception_ptr failed) {
                              if (!failed) return;
                              if (self->timer_ == nullptr)
                                  self->driver_lost_ = self->needs_driver(); // it never began
                              try {
                                  std::rethrow_exception(failed);
                              } catch (...) {
                                  self->on_failure("nobody looks at the time");
                              }
                          });
}

// What there was no memory for waits for the driver, which may be over. One that has yet to begin looks by itself.
void engine::look_after_late() noexcept {
    try {
        if (!late_->any()) return;
        const bool has_none = timer_ == nullptr && !driver_lost_ && !is_alive();
        has_none ? spawn_driver() : rearm();
    } catch (...) {
        log_exception("an answer is late");
    }
}

// It can be tried again.
void engine::stay_fresh() noexcept {
    if (life_ != life::starting) return;
    life_ = life::fresh;
    if (timer_ != nullptr) timer_->cancel(); // the driver ends, so that the loop may
}

// The second step, of the first shard, for all.
void engine::open_repository(pending_ptr<start_report> done) {
    if (life_ != life::starting) { // a shutdown came between
        done->complete(errc::shutting_down);
        return;
    }
    try {
        wall_time now = clock_.now().wall;
        auto fail = [this, done](error_code why) {
            stay_fresh();
            done->complete(why);
        };
        auto go_on = [this, done](std::uint64_t abandoned) {
            if (life_ != life::over) watch_soon();
            if (life_ != life::over && watch_.works())
                boost::asio::co_spawn(strand_, listen(shared_from_this()), [](std::exception_ptr) {});
            if (life_ == life::starting) life_ = life::running;
            if (place_.ties != nullptr) place_.ties->running = true;
            start_retention();
            done->complete(start_report{abandoned});
        };
        auto on_first_news = [this, fail, go_on](std::uint64_t abandoned,
                                                 const result<repository_news>& first) {
            if (!first || !first.value().clock) return fail(first ? errc::store_failed : first.error());
            on_news(first.value()); // with the clock that all slots are by
            go_on(abandoned);
        };
        call<std::uint64_t>([now](rondo::repository& r) { return r.start(now); },
                            [this, fail, go_on, on_first_news](result<std::uint64_t> abandoned) {
                                if (!abandoned) return fail(abandoned.error());
                                if (sharing_.clock == nullptr) return go_on(abandoned.value());
                                call<repository_news>(
                                    [](rondo::repository& r) { return r.watch(); },
                                    [on_first_news, n = abandoned.value()](result<repository_news> first) {
                                        on_first_news(n, first);
                                    },
                                    fail);
                            },
                            fail);
    } catch (...) { // no memory
        stay_fresh();
        throw;
    }
}

} // namespace rondo::runtime
