// SPDX-License-Identifier: BSL-1.0
#include "instant.hpp"

#include "command.hpp"
#include "output.hpp"

#include <cron/days.hpp>
#include <cron/explain.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstddef>

namespace rondo::command {
namespace {

constexpr crontab::utc_seconds day_seconds = 86'400;

// Exactly so many digits from `at` on; -1 if they are none. `text` is long enough.
int digits(std::string_view text, std::size_t at, std::size_t n) noexcept {
    int value = 0;
    for (char c : text.substr(at, n)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

bool within(int value, int low, int high) noexcept {
    return value >= low && value <= high;
}

void put(char* to, unsigned value, int width) noexcept {
    for (int i = width; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

} // namespace

std::optional<crontab::utc_seconds> parse_instant(std::string_view text) noexcept {
    constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:ddZ";
    constexpr std::size_t date_size = 10, minutes_size = 17;
    if (text.size() != date_size && text.size() != minutes_size && text.size() != pattern.size())
        return std::nullopt;
    std::size_t marks = text.size() == minutes_size ? minutes_size - 1 : text.size();
    for (std::size_t i = 0; i < marks; ++i)
        if (pattern[i] != 'd' && text[i] != pattern[i]) return std::nullopt;
    int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    if (!within(year, 1, 9999) || !within(month, 1, 12)) return std::nullopt;
    if (!within(day, 1, crontab::month_length(year, month))) return std::nullopt;
    auto seconds = crontab::days_to(year, month, day) * day_seconds;
    if (text.size() == date_size) return seconds;
    if (text.back() != 'Z') return std::nullopt;
    int hour = digits(text, 11, 2), minute = digits(text, 14, 2);
    int second = text.size() == minutes_size ? 0 : digits(text, 17, 2);
    if (!within(hour, 0, 23) || !within(minute, 0, 59) || !within(second, 0, 59)) return std::nullopt;
    return seconds + hour * 3'600 + minute * 60 + second;
}

wall_time read_instant(std::string_view option, std::string_view text) {
    auto t = parse_instant(text);
    if (!t)
        throw usage_error(fmt::format("{}: '{}' is no instant: write 2025-03-29T00:00:00Z, or 2025-03-29 for "
                                      "midnight in UTC",
                                      option, shown(text)));
    return wall_time(std::chrono::seconds(*t));
}

void append_instant(std::string& out, crontab::utc_seconds t) {
    using namespace std::chrono;
    auto day = floor<days>(sys_seconds(seconds(t)));
    year_month_day date(day);
    auto second = static_cast<unsigned>(t - day.time_since_epoch().count() * day_seconds);
    char text[] = "0000-00-00T00:00:00Z";
    put(text, static_cast<unsigned>(int(date.year())), 4);
    put(text + 5, unsigned(date.month()), 2);
    put(text + 8, unsigned(date.day()), 2);
    put(text + 11, second / 3'600, 2);
    put(text + 14, second / 60 % 60, 2);
    put(text + 17, second % 60, 2);
    out.append(text, sizeof text - 1);
}

std::string show(wall_time t) {
    auto micros = t.time_since_epoch().count() % 1'000'000;
    return to_string(t, micros == 0 ? 0 : micros % 1'000 == 0 ? 3 : 6);
}

std::string show_local(wall_time t, const crontab::zone& z) {
    auto utc = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
    auto local = z.to_local(utc);
    auto offset = local - utc;
    std::string text = crontab::show_local(local);
    if (auto blank = text.find(' '); blank != text.npos) text[blank] = 'T';
    auto size = offset < 0 ? -offset : offset;
    text += fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', size / 3'600, size / 60 % 60);
    if (size % 60 != 0) text += fmt::format(":{:02}", size % 60); // local mean time, before there were zones
    return text;
}

} // namespace rondo::command
