// SPDX-License-Identifier: BSL-1.0
#include <core/pool.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace rondo::core {
namespace {

struct counted {
    int& alive;
    explicit counted(int& n) noexcept : alive(n) { ++alive; }
    ~counted() { --alive; }
};

struct alignas(64) wide {
    int value;
    explicit wide(int v) noexcept : value(v) {}
};

TEST_SUITE_BEGIN("core/pool");

TEST_CASE("addresses are distinct, and used again once free") {
    pool<counted, 4> p;
    int alive = 0;
    std::vector<counted*> items;
    for (int i = 0; i != 10; ++i) items.push_back(&p.make(alive));
    CHECK(alive == 10);
    std::set<counted*> first(items.begin(), items.end());
    CHECK(first.size() == 10);
    for (counted* item : items) p.destroy(*item);
    CHECK(alive == 0);
    for (counted*& item : items) item = &p.make(alive);
    CHECK(std::set<counted*>(items.begin(), items.end()) == first);
    for (counted* item : items) p.destroy(*item);
}

TEST_CASE("the last that is destroyed is the first to be used again") {
    pool<counted, 4> p;
    int alive = 0;
    counted& a = p.make(alive);
    counted& b = p.make(alive);
    counted* where = &a;
    p.destroy(a);
    counted& c = p.make(alive);
    CHECK(&c == where);
    p.destroy(b);
    p.destroy(c);
}

TEST_CASE("alignment beyond the usual is kept") {
    pool<wide, 3> p;
    for (int i = 0; i != 7; ++i) {
        wide& w = p.make(i);
        CHECK(w.value == i);
        CHECK(reinterpret_cast<std::uintptr_t>(&w) % 64 == 0);
        if (i % 2 == 0) p.destroy(w);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
