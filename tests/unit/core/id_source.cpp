// SPDX-License-Identifier: BSL-1.0
#include <core/id_source.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <chrono>
#include <set>

namespace rondo::core {
namespace {

constexpr wall_time base = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);

TEST_SUITE_BEGIN("core/id_source");

TEST_CASE("ids are UUIDs of version 7 with the time in front") {
    id_source source(0xdead'beef);
    run_id id = source.next(base + std::chrono::microseconds(1500));
    auto millis = std::chrono::floor<std::chrono::milliseconds>(base.time_since_epoch()).count() + 1;
    CHECK((id.high >> 16) == static_cast<std::uint64_t>(millis));
    CHECK((id.high >> 12 & 0xf) == 7);
    CHECK((id.high & 0xfff) == 2048);
    CHECK((id.low >> 62) == 2);
    CHECK((id.low & 0xf'ffff'ffff) == 0xdead'beef);
}

TEST_CASE("ids of one microsecond are distinct and sort as they were made") {
    id_source source(7);
    run_id last;
    for (int i = 0; i != 10'000; ++i) {
        run_id id = source.next(base);
        CHECK(last < id);
        last = id;
    }
    CHECK(last < source.next(base + std::chrono::microseconds(1)));
}

TEST_CASE("the same calls give the same ids, another seed others") {
    id_source a(1), b(1), c(2);
    std::set<run_id> seen;
    for (int i = 0; i != 100; ++i) {
        run_id id = a.next(base);
        CHECK(id == b.next(base));
        seen.insert(id);
        seen.insert(c.next(base));
    }
    CHECK(seen.size() == 200);
}

TEST_CASE("a seed of any size leaves the rest of the id alone") {
    id_source source(~std::uint64_t(0));
    run_id id = source.next(base);
    CHECK((id.low >> 62) == 2);
    CHECK((id.low >> 36 & 0x3ff'ffff) == 1);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
