// SPDX-License-Identifier: BSL-1.0
#include <uv.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rondo::bench {
namespace {

void checked(int result) {
    if (result != 0) throw std::runtime_error(uv_strerror(result));
}

std::uint64_t ms_until(steady_time when) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(when - std::chrono::steady_clock::now()).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0));
}

uv_handle_t* handle_of(uv_timer_t& t) {
    return reinterpret_cast<uv_handle_t*>(&t);
}

} // namespace

uv_timers::uv_timers(std::chrono::nanoseconds /*resolution*/) {
    checked(uv_loop_init(&loop_));
}

uv_timers::~uv_timers() {
    for (auto& [id, t] : tasks_) uv_close(handle_of(*t), nullptr);
    for (once& o : onces_) uv_close(handle_of(o.timer), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
}

void uv_timers::add(std::size_t i, std::uint64_t first_ms, std::uint64_t period_ms, std::uint64_t& runs) {
    auto [place, is_new] = tasks_.try_emplace(task_id(i));
    if (!is_new) throw std::logic_error("a task is added twice");
    place->second = std::make_unique<uv_timer_t>();
    uv_timer_t& t = *place->second;
    checked(uv_timer_init(&loop_, &t));
    t.data = &runs;
    checked(uv_timer_start(
        &t, [](uv_timer_t* due) { ++*static_cast<std::uint64_t*>(due->data); }, first_ms, period_ms));
}

void uv_timers::add_idle(std::size_t n, std::uint64_t& runs) {
    constexpr std::uint64_t hour_ms = 3'600'000;
    uv_update_time(&loop_);
    for (std::size_t i = 0; i != n; ++i) add(i, hour_ms, hour_ms, runs);
}

void uv_timers::add_counting(const plan& p, std::uint64_t& runs) {
    auto period = std::chrono::ceil<std::chrono::milliseconds>(p.period).count();
    for (std::size_t i = 0; i != p.phases.size(); ++i) {
        uv_update_time(&loop_);
        add(i, ms_until(p.base.steady + p.phases[i]), static_cast<std::uint64_t>(period), runs);
    }
}

void uv_timers::remove(const std::vector<std::uint32_t>& order) {
    for (std::uint32_t i : order) {
        auto found = tasks_.find(task_id(i));
        if (found == tasks_.end()) throw std::logic_error("a task is not there");
        uv_close(handle_of(*found->second), nullptr);
        closing_.push_back(std::move(found->second));
        tasks_.erase(found);
    }
    uv_run(&loop_, UV_RUN_NOWAIT); // which ends the closing of all
    closing_.clear();
}

void uv_timers::at(steady_time when, std::function<void()> f) {
    once& o = onces_.emplace_back();
    o.f = std::move(f);
    uv_update_time(&loop_);
    checked(uv_timer_init(&loop_, &o.timer));
    o.timer.data = &o;
    checked(uv_timer_start(
        &o.timer, [](uv_timer_t* due) { static_cast<once*>(due->data)->f(); }, ms_until(when), 0));
}

void uv_timers::run() {
    uv_run(&loop_, UV_RUN_DEFAULT);
}

} // namespace rondo::bench
