// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_OPTIONS_HPP
#define RONDO_CRON_OPTIONS_HPP

#include <cstdint>

namespace rondo {

/// How a cron expression is read. Never guessed from the number of its fields.
enum class cron_dialect : std::uint8_t {
    unix_,    ///< minute, hour, day of month, month, day of week (0-7, 0 and 7 are Sunday). The default
    seconds,  ///< as `unix_` with seconds first, and optionally the year last
    extended, ///< 5 fields as `unix_`, 6 or 7 as `seconds`; with `L`, `L-n`, `LW`, `nW`, `dL`, `d#n`, `?`
    quartz,   ///< 6 or 7 fields as Quartz 2.3: day of week 1-7 with 1 Sunday, exactly one day field `?`
};

/// What becomes of a fixed local time that the clocks jump over. A schedule whose minute or hour (or
/// second) field starts with `*` follows real time instead: there is nothing to make up.
enum class gap_rule : std::uint8_t {
    run_at_end, ///< all such times become one slot at the first instant after the gap. The default
    skip,       ///< no slot
    shift,      ///< each is moved on by the length of the gap: 02:30 becomes 03:30
};

/// Which of its two passes a fixed local time that comes twice takes.
enum class overlap_rule : std::uint8_t {
    first, ///< the default
    last,
    both,
};

} // namespace rondo

#endif // RONDO_CRON_OPTIONS_HPP
