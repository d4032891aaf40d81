// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FLEET_CHECKER_HPP
#define RONDO_TESTS_FLEET_CHECKER_HPP

#include <fleet/effects.hpp>
#include <fleet/record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::fleet {

/// What a task must keep to.
struct rules {
    std::chrono::microseconds interval{}; ///< of its slots
    std::chrono::microseconds other{};    ///< that takes turns with it; 0: none does
    bool runs_again = true;
    bool exclusive = true;
};

struct findings {
    std::uint64_t slots = 0;   ///< that were decided
    std::uint64_t lost = 0;    ///< slots that nothing on record tells of, or whose second attempt never came
    std::uint64_t doubled = 0; ///< slots that were granted twice, succeeded twice; runs that began twice
    std::uint64_t unexplained = 0; ///< what really happened and what is on record do not go together
    std::uint64_t stuck = 0;       ///< what is not over, though nothing hinders it
    // What may happen, and is explained.
    std::uint64_t bodies = 0;       ///< that began
    std::uint64_t asked = 0;        ///< runs that were asked for of all
    std::uint64_t again = 0;        ///< slots that had a second attempt
    std::uint64_t overlaps = 0;     ///< of a body that was taken for dead with the next
    std::vector<std::string> lines; ///< the first of what was found

    [[nodiscard]] bool none() const noexcept { return lost + doubled + unexplained + stuck == 0; }
};

/// `rules_of(uid)`. Nothing must be going on any more when the record is read.
[[nodiscard]] findings check(const record_of_fleet& record, const std::vector<effect>& effects,
                             const std::function<rules(std::string_view)>& rules_of);

/// Tasks whose cursor is further behind than `late`.
[[nodiscard]] std::vector<std::string> behind(const record_of_fleet& record, std::chrono::microseconds late);

} // namespace rondo::fleet

#endif // RONDO_TESTS_FLEET_CHECKER_HPP
