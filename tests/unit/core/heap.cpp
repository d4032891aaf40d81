// SPDX-License-Identifier: BSL-1.0
#include <core/heap.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace rondo::core {
namespace {

struct item {
    std::int64_t key = 0;
    std::uint32_t index = not_in_heap;
};

TEST_SUITE_BEGIN("core/heap");

TEST_CASE("it agrees with a multimap under random pushes, pops, erasures and delays") {
    for (std::uint32_t seed : {1u, 2u, 3u}) {
        std::mt19937 random(seed);
        std::vector<item> items(200);
        heap<item, &item::index> h;
        std::multimap<std::int64_t, item*> model;
        auto forget = [&](item& i) {
            auto [from, to] = model.equal_range(i.key);
            while (from != to && from->second != &i) ++from;
            REQUIRE(from != to);
            model.erase(from);
        };
        for (int step = 0; step != 20'000; ++step) {
            item& any = items[random() % items.size()];
            switch (random() % 5) {
            case 0:
            case 1:
                if (any.index != not_in_heap) break;
                any.key = static_cast<std::int64_t>(random() % 50) - 25;
                h.push(any, any.key);
                model.emplace(any.key, &any);
                break;
            case 2:
                if (any.index != not_in_heap) forget(any);
                h.erase(any);
                break;
            case 3:
                if (h.empty()) break;
                forget(h.top());
                h.pop();
                break;
            case 4:
                if (h.empty()) break;
                item& top = h.top();
                forget(top);
                top.key += static_cast<std::int64_t>(random() % 20);
                h.delay_top(top.key);
                model.emplace(top.key, &top);
                break;
            }
            REQUIRE(h.size() == model.size());
            if (!h.empty()) REQUIRE(h.top_key() == model.begin()->first);
            if (!h.empty()) REQUIRE(h.top().key == h.top_key());
        }
    }
}

TEST_CASE("an item that is not in is erased without effect") {
    heap<item, &item::index> h;
    item a, b;
    h.erase(a);
    h.push(a, 1);
    h.erase(b);
    h.erase(a);
    h.erase(a);
    CHECK(h.empty());
    CHECK(a.index == not_in_heap);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
