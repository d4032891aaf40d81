// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_MACHINE_HPP
#define RONDO_TESTS_UNIT_RUNTIME_MACHINE_HPP

#include <runtime/os_clocks.hpp>

#include <chrono>

namespace rondo::tests {

using namespace std::chrono_literals;

/// The clocks of a machine that can be put to sleep.
struct machine final : runtime::os_clocks {
    wall_time wall() const noexcept override { return wall_now; }
    steady_time awake() const noexcept override { return awake_now; }
    steady_time elapsed() const noexcept override { return awake_now + slept; }

    void pass(std::chrono::microseconds d) {
        awake_now += d;
        wall_now += d;
    }
    void sleep(std::chrono::microseconds d) {
        slept += d;
        wall_now += d;
    }

    wall_time wall_now = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);
    steady_time awake_now{100s};
    std::chrono::nanoseconds slept{0};
};

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_MACHINE_HPP
