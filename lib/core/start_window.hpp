// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_START_WINDOW_HPP
#define RONDO_CORE_START_WINDOW_HPP

#include <rondo/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rondo::core {

/// A limit on how many things start in any stretch of time of a given length, wherever it begins: two starts
/// at its very ends, a whole length apart, are not in one. What begins and has not started yet counts, as it
/// may start at any moment.
class start_window {
public:
    /// 0: no limit. Starts count from when there is one. May throw, and then nothing has changed, as `begin`;
    /// the others do not.
    void set(std::size_t starts_max, std::chrono::nanoseconds per);

    [[nodiscard]] std::size_t most() const noexcept { return starts_max_; }
    [[nodiscard]] std::chrono::nanoseconds per() const noexcept { return per_; }
    [[nodiscard]] bool limited() const noexcept { return starts_max_ != 0; }
    [[nodiscard]] bool open(steady_time now) const noexcept;
    /// Until when it is not, if nothing else happens; `steady_time::max()`: until something that begins does not
    /// start.
    [[nodiscard]] steady_time opens_at(steady_time now) const noexcept;
    /// How many count now.
    [[nodiscard]] std::size_t count(steady_time now) const noexcept;

    void begin();
    /// Then the next `begin` does not either.
    void make_room();
    void started(steady_time now) noexcept;
    void will_not_start() noexcept { --beginning_; }

private:
    [[nodiscard]] std::size_t first_that_counts(steady_time now) const noexcept;

    std::size_t starts_max_ = 0;
    std::chrono::nanoseconds per_{0};
    std::size_t beginning_ = 0;
    std::vector<steady_time> starts_; // in order
    std::size_t gone_ = 0;            // of these
};

} // namespace rondo::core

#endif // RONDO_CORE_START_WINDOW_HPP
