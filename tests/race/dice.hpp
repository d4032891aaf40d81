// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_RACE_DICE_HPP
#define RONDO_TESTS_RACE_DICE_HPP

#include <cstdint>

namespace rondo::race {

/// splitmix64, by Sebastiano Vigna: small, and good enough to vary a race.
class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

    [[nodiscard]] std::uint64_t below(std::uint64_t n) noexcept {
        std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
        return (z ^ (z >> 31)) % n;
    }

private:
    std::uint64_t state_;
};

} // namespace rondo::race

#endif // RONDO_TESTS_RACE_DICE_HPP
