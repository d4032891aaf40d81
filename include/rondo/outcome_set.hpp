// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_OUTCOME_SET_HPP
#define RONDO_OUTCOME_SET_HPP

#include <rondo/words.hpp>

#include <cstdint>
#include <string>

namespace rondo {

/// Some of the outcomes: one converts to it, several are joined by `|`, as in
/// `outcome::failed | outcome::timed_out`. A small value; any thread.
class outcome_set {
public:
    constexpr outcome_set() noexcept = default;
    constexpr outcome_set(outcome o) noexcept : bits_(bit(o)) {}

    [[nodiscard]] constexpr bool contains(outcome o) const noexcept { return (bits_ & bit(o)) != 0; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }

    constexpr outcome_set& operator|=(outcome_set other) noexcept {
        bits_ = static_cast<std::uint8_t>(bits_ | other.bits_);
        return *this;
    }
    friend constexpr outcome_set operator|(outcome_set a, outcome_set b) noexcept { return a |= b; }
    friend constexpr bool operator==(outcome_set, outcome_set) noexcept = default;

private:
    static constexpr std::uint8_t bit(outcome o) noexcept {
        return o <= outcome::abandoned ? static_cast<std::uint8_t>(1u << static_cast<unsigned>(o)) : 0;
    }

    std::uint8_t bits_ = 0;
};

/// So that two outcomes make a set.
[[nodiscard]] constexpr outcome_set operator|(outcome a, outcome b) noexcept {
    return outcome_set(a) | outcome_set(b);
}

/// However a run ended.
inline constexpr outcome_set any_outcome = outcome::success | outcome::failed | outcome::timed_out |
                                           outcome::cancelled | outcome::interrupted | outcome::abandoned;

/// Its outcomes in the order of the enumeration, joined by "|": "failed|timed_out"; "any" of all of them,
/// "none" of an empty one. Any thread.
[[nodiscard]] std::string to_string(outcome_set s);

} // namespace rondo

#endif // RONDO_OUTCOME_SET_HPP
