// SPDX-License-Identifier: BSL-1.0
#include <callbacks.hpp>

#include <stdexcept>
#include <utility>

namespace rondo::bench {

callback_chain::callback_chain(std::chrono::nanoseconds /*resolution*/) : guard_(io_.get_executor()) {}

template <class Body>
void callback_chain::wait(one& t, Body body) {
    t.wakes.async_wait([this, &t, body](const boost::system::error_code& cancelled) {
        if (cancelled) return; // it may be gone
        body(t.wakes.expiry());
        t.wakes.expires_at(t.wakes.expiry() + t.period);
        wait(t, body);
    });
}

template <class Body>
void callback_chain::add(std::size_t i, std::chrono::microseconds period, steady_time first, Body body) {
    auto [place, is_new] = tasks_.try_emplace(task_id(i));
    if (!is_new) throw std::logic_error("a task is added twice");
    place->second = std::make_unique<one>(io_, period);
    place->second->wakes.expires_at(first);
    wait(*place->second, body);
}

void callback_chain::add_idle(std::size_t n, std::uint64_t& runs) {
    auto period = std::chrono::hours(1);
    for (std::size_t i = 0; i != n; ++i)
        add(i, period, std::chrono::steady_clock::now() + period, [&runs](steady_time) { ++runs; });
}

void callback_chain::add_counting(const plan& p, std::uint64_t& runs) {
    for (std::size_t i = 0; i != p.phases.size(); ++i)
        add(i, p.period, p.base.steady + p.phases[i], [&runs](steady_time) { ++runs; });
}

void callback_chain::add_recording(const plan& p, recorder& r) {
    for (std::size_t i = 0; i != p.phases.size(); ++i)
        add(i, p.period, p.base.steady + p.phases[i],
            [&r](steady_time due) { r.take(due, std::chrono::steady_clock::now()); });
}

void callback_chain::remove(const std::vector<std::uint32_t>& order) {
    for (std::uint32_t i : order)
        if (tasks_.erase(task_id(i)) != 1) throw std::logic_error("a task is not there");
    io_.poll();
}

} // namespace rondo::bench
