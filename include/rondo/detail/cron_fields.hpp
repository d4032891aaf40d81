// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_CRON_FIELDS_HPP
#define RONDO_DETAIL_CRON_FIELDS_HPP

#include <array>
#include <cstdint>

namespace rondo::detail {

enum class cron_field : std::uint8_t { second, minute, hour, day, month, weekday, year, none };

inline constexpr int cron_year_first = 1970;
inline constexpr int cron_year_last = 2199;

/// A set of numbers below `64 * Words`.
template <int Words>
struct bit_set {
    std::array<std::uint64_t, Words> words{};

    constexpr void add(int n) noexcept { words[std::size_t(n) / 64] |= std::uint64_t(1) << (n % 64); }
    [[nodiscard]] constexpr bool has(int n) const noexcept {
        return (words[std::size_t(n) / 64] >> (n % 64) & 1) != 0;
    }

    friend constexpr bool operator==(const bit_set&, const bit_set&) = default;
};

/// What a cron expression says: a bit for each value that it allows.
struct cron_fields {
    std::uint64_t seconds = 1; ///< 0-59
    std::uint64_t minutes = 0; ///< 0-59
    std::uint32_t hours = 0;   ///< 0-23
    std::uint16_t months = 0;  ///< 1-12
    bit_set<4> years;          ///< of `cron_year_first`; of use if `year_given`

    // Day of month.
    std::uint32_t days = 0;           ///< 1-31
    std::uint32_t days_from_last = 0; ///< bit n: `L-n`, 0-30
    std::uint32_t near_from_last = 0; ///< bit n: `L-nW`
    std::uint32_t near_days = 0;      ///< bit n: `nW`, 1-31

    // Day of week, 0 is Sunday.
    std::uint8_t weekdays = 0;
    std::uint8_t last_weekdays = 0;             ///< bit d: `dL`
    std::array<std::uint8_t, 6> nth_weekdays{}; ///< [n], bit d: `d#n`, n of 1-5

    bool any_day = false;     ///< no restriction by the day of the month
    bool any_weekday = false; ///< no restriction by the day of the week
    bool step_in_day = false; ///< `*/n` there, which restricts
    bool step_in_weekday = false;
    bool year_given = false;
    bool second_given = false;
    bool frequent = false; ///< follows real time through changes of the clocks
    bool reboot = false;   ///< `@reboot`: no time fires
    bool hashed = false;   ///< has an `H`

    friend constexpr bool operator==(const cron_fields&, const cron_fields&) = default;
};

/// Why an expression is not one.
enum class cron_problem : std::uint8_t {
    none,
    too_long, ///< more than `high` bytes
    empty,
    field_count, ///< `value` fields instead of `low` to `high`
    nickname,    ///< no such `@`
    interval,    ///< `@every`, where only a calendar will do
    value_missing,
    number_needed,
    name_unknown,
    out_of_range, ///< `value` is not in `low` to `high`
    step_range,   ///< as above, of a step
    reversed,     ///< a range from `value` down to `high`
    unexpected,   ///< a character that nothing there can be
    not_here,     ///< `?`, `L`, `W` or `#` where the dialect or the field has none
    not_alone,    ///< it must be the whole field
    one_question, ///< quartz: exactly one of the day fields must be `?`
    hash_unknown, ///< `H` without a uid to hash
};

struct cron_error {
    cron_problem problem = cron_problem::none;
    cron_field field = cron_field::none;
    std::uint16_t column = 0; ///< from 1, in bytes
    std::uint16_t length = 0;
    int value = 0;
    int low = 0;
    int high = 0;
};

struct cron_parsed {
    cron_fields fields;
    cron_error error;

    [[nodiscard]] constexpr bool ok() const noexcept { return error.problem == cron_problem::none; }
};

} // namespace rondo::detail

#endif // RONDO_DETAIL_CRON_FIELDS_HPP
