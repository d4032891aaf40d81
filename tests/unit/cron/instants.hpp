// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_CRON_INSTANTS_HPP
#define RONDO_TESTS_UNIT_CRON_INSTANTS_HPP

#include <cron/cron_message.hpp>
#include <cron/zoned_times.hpp>
#include <rondo/detail/cron_parser.hpp>
#include <rondo/time.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rondo::crontab {

/// Of "2025-03-30T01:00:00Z", with or without its last letter.
inline std::int64_t seconds_of(std::string_view iso) {
    REQUIRE(iso.size() >= 19);
    auto number = [&](std::size_t at, std::size_t size) {
        return std::stoi(std::string(iso.substr(at, size)));
    };
    auto day = days_to(number(0, 4), number(5, 2), number(8, 2));
    return day * seconds_a_day + number(11, 2) * 3'600 + number(14, 2) * 60 + number(17, 2);
}

inline std::string show(std::optional<utc_seconds> t) {
    return t ? rondo::to_string(wall_time(std::chrono::seconds(*t)), 0) : "never";
}

inline cron_fields fields_of(std::string_view text, cron_dialect dialect = cron_dialect::extended) {
    auto parsed = detail::parse_cron(text, dialect);
    INFO(std::string(text), ": ", to_string(parsed.error));
    REQUIRE(parsed.ok());
    return parsed.fields;
}

inline zoned_times times_of(const cron_fields& f, std::string_view zone_name,
                            gap_rule gap = gap_rule::run_at_end, overlap_rule overlap = overlap_rule::first) {
    auto z = find_zone(zone_name);
    INFO(std::string(zone_name));
    REQUIRE(z != nullptr);
    return {f, z, gap, overlap};
}

/// The next `n` after `from`, with blanks between.
inline std::string next_of(const zoned_times& times, std::string_view from, int n) {
    std::string text;
    auto t = std::optional(seconds_of(from));
    for (int i = 0; i != n && t; ++i) {
        t = times.next_after(*t);
        text += (i == 0 ? "" : " ") + show(t);
    }
    return text;
}

} // namespace rondo::crontab

#endif // RONDO_TESTS_UNIT_CRON_INSTANTS_HPP
