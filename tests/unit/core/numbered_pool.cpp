// SPDX-License-Identifier: BSL-1.0
#include <core/numbered_pool.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace rondo::core {
namespace {

struct counted {
    int& alive;
    explicit counted(int& n) noexcept : alive(n) { ++alive; }
    ~counted() { --alive; }
};

TEST_SUITE_BEGIN("core/numbered_pool");

TEST_CASE("numbers begin at 0, and those of objects that are gone are used again before others") {
    numbered_pool<counted, 4> p;
    int alive = 0;
    for (std::uint32_t i = 0; i != 10; ++i) CHECK(p.make(alive) == i);
    CHECK(alive == 10);
    p.destroy(3);
    p.destroy(7);
    CHECK(alive == 8);
    CHECK(p.make(alive) == 7);
    CHECK(p.make(alive) == 3);
    CHECK(p.make(alive) == 10);
    for (std::uint32_t i = 0; i != 11; ++i) p.destroy(i);
    CHECK(alive == 0);
}

struct valued {
    std::uint32_t value;
    explicit valued(std::uint32_t v) noexcept : value(v) {}
};

TEST_CASE("an object is found by its number, and stays where it is") {
    numbered_pool<valued, 4> p;
    std::vector<valued*> places;
    for (std::uint32_t i = 0; i != 100; ++i) places.push_back(&p.at(p.make(i)));
    for (std::uint32_t i = 0; i != 100; ++i) {
        CHECK(&p.at(i) == places[i]);
        CHECK(p.at(i).value == i);
    }
}

struct alignas(64) wide {
    int value;
    explicit wide(int v) noexcept : value(v) {}
};

TEST_CASE("alignment beyond the usual is kept") {
    numbered_pool<wide, 3> p;
    for (int i = 0; i != 7; ++i) {
        const std::uint32_t n = p.make(i);
        CHECK(p.at(n).value == i);
        CHECK(reinterpret_cast<std::uintptr_t>(&p.at(n)) % 64 == 0);
        if (i % 2 == 0) p.destroy(n);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
