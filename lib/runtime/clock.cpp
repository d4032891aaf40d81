// SPDX-License-Identifier: BSL-1.0
#include <rondo/clock.hpp>

#include <chrono>

namespace rondo {
namespace {

class real_clock final : public clock {
public:
    // Here, and nowhere else, the library asks the system for the time.
    instant now() const noexcept override {
        // In this order: a pause between the two can make a slot late, never early.
        auto wall = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
        return {std::chrono::steady_clock::now(), wall};
    }
    steady_time arm(clock_waiter&, steady_time deadline) noexcept override { return deadline; }
    void disarm(clock_waiter&) noexcept override {}
};

} // namespace

clock& system_clock() noexcept {
    static real_clock instance;
    return instance;
}

} // namespace rondo
