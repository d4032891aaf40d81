// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_DICE_HPP
#define RONDO_TESTS_CRASH_DICE_HPP

#include <array>
#include <cstddef>
#include <cstdint>

namespace rondo::crash {

/// splitmix64, by Sebastiano Vigna: the same seed throws the same on every machine.
class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

    [[nodiscard]] std::uint64_t roll() noexcept {
        std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
        return z ^ (z >> 31);
    }
    [[nodiscard]] std::uint64_t below(std::uint64_t n) noexcept { return roll() % n; }
    /// From `low` to `high`, both included.
    [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high) noexcept {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }
    [[nodiscard]] bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }
    template <class T, std::size_t N>
    [[nodiscard]] T any_of(const std::array<T, N>& choices) noexcept {
        return choices[below(N)];
    }

private:
    std::uint64_t state_;
};

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_DICE_HPP
