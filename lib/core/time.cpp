// SPDX-License-Identifier: BSL-1.0
#include <rondo/time.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rondo {

std::string to_string(wall_time t, int digits) {
    using namespace std::chrono;
    t = std::clamp(t, wall_time_first, wall_time_last);
    auto day = floor<days>(t);
    year_month_day date(day);
    hh_mm_ss time(t - day);
    std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   time.hours().count(), time.minutes().count(), time.seconds().count());
    auto micros = time.subseconds().count();
    if (digits == 3) text += fmt::format(".{:03}", micros / 1000);
    if (digits == 6) text += fmt::format(".{:06}", micros);
    return text + 'Z';
}

std::string to_string(const moment& t) {
    return t ? to_string(*t) : std::string("never");
}

std::string to_string(std::chrono::microseconds d) {
    static constexpr std::array<std::pair<std::int64_t, const char*>, 6> units{{{86'400'000'000, "d"},
                                                                                {3'600'000'000, "h"},
                                                                                {60'000'000, "min"},
                                                                                {1'000'000, "s"},
                                                                                {1'000, "ms"},
                                                                                {1, "us"}}};
    if (d.count() == 0) return "0s";
    auto unit = std::find_if(units.begin(), units.end(), [&](auto& u) { return d.count() % u.first == 0; });
    return fmt::format_int(d.count() / unit->first).str() + unit->second;
}

} // namespace rondo
