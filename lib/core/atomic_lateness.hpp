// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_ATOMIC_LATENESS_HPP
#define RONDO_CORE_ATOMIC_LATENESS_HPP

#include <rondo/stat.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace rondo::core {

/// A `lateness` that any thread may note, and any read. `last` is never more than `max`, whoever looks when.
class atomic_lateness {
public:
    /// What is negative, or finer than a microsecond, is cut.
    void note(std::chrono::nanoseconds d) noexcept {
        using std::chrono::microseconds;
        const microseconds late = std::max(std::chrono::floor<microseconds>(d), microseconds(0));
        microseconds max = max_.load(std::memory_order_relaxed);
        while (late > max && !max_.compare_exchange_weak(max, late, std::memory_order_relaxed)) {
        }
        last_.store(late, std::memory_order_release);
    }
    [[nodiscard]] lateness load() const noexcept {
        const auto last = last_.load(std::memory_order_acquire);
        return {last, max_.load(std::memory_order_relaxed)};
    }

private:
    std::atomic<std::chrono::microseconds> last_{std::chrono::microseconds(0)};
    std::atomic<std::chrono::microseconds> max_{std::chrono::microseconds(0)};
};

} // namespace rondo::core

#endif // RONDO_CORE_ATOMIC_LATENESS_HPP
