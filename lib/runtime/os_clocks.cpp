// SPDX-License-Identifier: BSL-1.0
#include <runtime/os_clocks.hpp>

#include <chrono>
#include <ctime>

namespace rondo::runtime {
namespace {

// Here, and nowhere else, the runtime asks the system for the time.
class machine final : public os_clocks {
public:
    wall_time wall() const noexcept override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    steady_time awake() const noexcept override { return std::chrono::steady_clock::now(); }

#if defined(__linux__) && defined(CLOCK_BOOTTIME)
    // `steady_clock` is CLOCK_MONOTONIC, which stands still in suspend. The two may be apart from the
    // start, by earlier sleeps or in a time namespace; that part does not concern us.
    steady_time elapsed() const noexcept override {
        timespec t{};
        if (clock_gettime(CLOCK_BOOTTIME, &t) != 0) return awake();
        return steady_time(nanoseconds_of(t)) - apart_;
    }

private:
    static std::chrono::nanoseconds nanoseconds_of(const timespec& t) noexcept {
        return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
    }
    static std::chrono::nanoseconds apart() noexcept {
        timespec t{};
        if (clock_gettime(CLOCK_BOOTTIME, &t) != 0) return std::chrono::nanoseconds(0);
        return nanoseconds_of(t) - std::chrono::steady_clock::now().time_since_epoch();
    }

    const std::chrono::nanoseconds apart_ = apart();
#else
    steady_time elapsed() const noexcept override { return awake(); }
#endif
};

} // namespace

const os_clocks& this_machine() noexcept {
    static const machine instance;
    return instance;
}

} // namespace rondo::runtime
