// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_ORACLE_DICE_HPP
#define RONDO_TESTS_ORACLE_DICE_HPP

#include <cstdint>
#include <random>

namespace rondo::oracle {

/// Draws the same numbers with every standard library, which its distributions do not.
class dice {
public:
    dice(std::uint64_t seed, std::uint64_t number) : engine_(seed * 0x9e3779b97f4a7c15 + number) {}

    [[nodiscard]] std::int64_t pick(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
    }
    [[nodiscard]] int pick_int(int low, int high) { return static_cast<int>(pick(low, high)); }
    [[nodiscard]] bool chance(int percent) { return pick_int(1, 100) <= percent; }

private:
    std::mt19937_64 engine_;
};

} // namespace rondo::oracle

#endif // RONDO_TESTS_ORACLE_DICE_HPP
