// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_CRON_RANDOM_FIELDS_HPP
#define RONDO_TESTS_UNIT_CRON_RANDOM_FIELDS_HPP

#include <rondo/detail/cron_fields.hpp>

#include <cstdint>
#include <random>

namespace rondo::crontab {

class random_fields {
public:
    explicit random_fields(std::uint64_t seed) : engine_(seed) {}

    [[nodiscard]] std::int64_t pick(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
    }
    [[nodiscard]] bool chance(int percent) { return pick(1, 100) <= percent; }

    [[nodiscard]] detail::cron_fields next() {
        detail::cron_fields f;
        f.seconds = chance(50) ? 1 : bits(0, 59);
        f.minutes = bits(0, 59);
        f.hours = chance(10) ? 0xffffff : static_cast<std::uint32_t>(bits(0, chance(50) ? 4 : 23));
        f.months = chance(60) ? std::uint16_t(0x1ffe) : static_cast<std::uint16_t>(bits(1, 12));
        f.any_day = chance(50);
        f.any_weekday = chance(50);
        f.frequent = chance(20);
        if (!f.any_day) fill_day(f);
        if (!f.any_weekday) fill_weekday(f);
        f.year_given = chance(15);
        if (f.year_given)
            for (auto n = pick(1, 4); n != 0; --n) f.years.add(static_cast<int>(pick(0, 200)));
        return f;
    }

private:
    // One or a few of them, now and then all.
    std::uint64_t bits(int low, int high) {
        std::uint64_t set = 0;
        if (chance(5))
            for (int n = low; n <= high; ++n) set |= std::uint64_t(1) << n;
        for (auto n = pick(1, chance(60) ? 1 : 8); n != 0; --n) set |= std::uint64_t(1) << pick(low, high);
        return set;
    }

    void fill_day(detail::cron_fields& f) {
        auto kind = pick(1, 5);
        auto some = static_cast<std::uint32_t>(bits(1, 30));
        if (kind <= 2) f.days = some;
        if (kind == 3) f.days_from_last = some;
        if (kind == 4) f.near_from_last = some;
        if (kind == 5) f.near_days = some << 1;
    }

    void fill_weekday(detail::cron_fields& f) {
        auto kind = pick(1, 4);
        auto some = static_cast<std::uint8_t>(bits(0, 6));
        if (kind <= 2) f.weekdays = some;
        if (kind == 3) f.last_weekdays = some;
        if (kind == 4) f.nth_weekdays[static_cast<std::size_t>(pick(1, 5))] = some;
    }

    std::mt19937_64 engine_;
};

} // namespace rondo::crontab

#endif // RONDO_TESTS_UNIT_CRON_RANDOM_FIELDS_HPP
