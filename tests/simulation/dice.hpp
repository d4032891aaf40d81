// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_DICE_HPP
#define RONDO_TESTS_SIMULATION_DICE_HPP

#include <cstdint>

namespace rondo::simulation {

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): each bit of `x` moves all bits of the result.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x += 0x9e37'79b9'7f4a'7c15;
    x = (x ^ x >> 30) * 0xbf58'476d'1ce4'e5b9;
    x = (x ^ x >> 27) * 0x94d0'49bb'1331'11eb;
    return x ^ x >> 31;
}

/// A number drawn from its arguments alone, so that it stays as it is when other events are left out.
template <class... Keys>
constexpr std::uint64_t draw(std::uint64_t seed, Keys... keys) noexcept {
    ((seed = scramble(seed ^ static_cast<std::uint64_t>(keys))), ...);
    return seed;
}

/// Numbers in a row.
class dice {
public:
    constexpr explicit dice(std::uint64_t seed) noexcept : state_(scramble(seed)) {}

    constexpr std::uint64_t next() noexcept { return scramble(state_ += 0x9e37'79b9'7f4a'7c15); }
    constexpr std::int64_t below(std::int64_t n) noexcept {
        return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(n));
    }
    constexpr std::int64_t between(std::int64_t least, std::int64_t most) noexcept {
        return least + below(most - least + 1);
    }
    constexpr bool one_in(std::int64_t n) noexcept { return below(n) == 0; }

private:
    std::uint64_t state_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_DICE_HPP
