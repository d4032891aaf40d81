// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_STOPWATCH_HPP
#define RONDO_RUNTIME_STOPWATCH_HPP

#include <rondo/run.hpp>
#include <rondo/shared_string.hpp>

#include <runtime/host_clock.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace rondo::runtime {

class stopwatch;

/// Who is told of a run that held its thread for long. Called on the strand of the run.
class stretch_sink {
public:
    virtual void on_long_stretch(const stopwatch& w, std::chrono::nanoseconds d) noexcept = 0;

protected:
    ~stretch_sink() = default;
};

/// Times the handlers of one run, which its strand keeps one after the other.
class stopwatch {
public:
    stopwatch(std::weak_ptr<stretch_sink> sink, std::shared_ptr<rondo::clock> c, const host_clock* host,
              std::chrono::nanoseconds limit)
        : sink_(std::move(sink)), clock_(std::move(c)), host_(host), limit_(limit) {}

    shared_string uid;
    run_id id;

    /// Within a handler: one stretch is over now, and another begins.
    void look(steady_time t) noexcept {
        auto took = t - std::exchange(began_, t);
        if (!running_ || took <= limit_) return;
        if (auto sink = sink_.lock()) sink->on_long_stretch(*this, took);
    }
    /// Likewise: what comes now is of another run.
    void pass_on(const shared_string& to_uid, run_id to) noexcept {
        uid = to_uid;
        id = to;
    }

    /// One handler, from its construction to its destruction. One within another is part of that.
    class stretch {
    public:
        explicit stretch(stopwatch& w) noexcept : watch_(w), outer_(!std::exchange(w.running_, true)) {
            if (outer_) w.began_ = w.now();
        }
        stretch(const stretch&) = delete;
        stretch& operator=(const stretch&) = delete;
        ~stretch() {
            if (!outer_) return;
            watch_.look(watch_.now());
            watch_.running_ = false;
        }

    private:
        stopwatch& watch_;
        bool outer_;
    };

private:
    // Not counting a sleep of the machine, which holds no thread.
    [[nodiscard]] steady_time now() const noexcept {
        return host_ != nullptr ? host_->awake() : clock_->now().steady;
    }

    std::weak_ptr<stretch_sink> sink_;
    std::shared_ptr<rondo::clock> clock_;
    const host_clock* host_; // the same, or null if the user brought a clock
    std::chrono::nanoseconds limit_;
    bool running_ = false; // of the strand
    steady_time began_{};  // likewise
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_STOPWATCH_HPP
