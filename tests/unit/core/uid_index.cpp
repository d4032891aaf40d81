// SPDX-License-Identifier: BSL-1.0
#include <core/uid_index.hpp>

#include <rondo/shared_string.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <set>
#include <string>
#include <unordered_map>

namespace rondo::core {
namespace {

struct item {
    shared_string uid;
};

TEST_SUITE_BEGIN("core/uid_index");

TEST_CASE("an empty index finds nothing") {
    uid_index<item> index;
    CHECK(index.find("a") == nullptr);
    CHECK(index.find("") == nullptr);
    CHECK(index.size() == 0);
}

TEST_CASE("it agrees with an unordered_map under random insertions and erasures") {
    for (std::uint32_t seed : {1u, 2u, 3u}) {
        std::mt19937 random(seed);
        uid_index<item> index;
        std::unordered_map<std::string, item*> model;
        std::deque<item> items;
        for (int n = 0; n != 500; ++n) items.push_back({shared_string("task-" + std::to_string(n))});
        for (int step = 0; step != 20'000; ++step) {
            item& any = items[random() % items.size()];
            bool in = model.contains(any.uid.str());
            REQUIRE(index.find(any.uid.view()) == (in ? &any : nullptr));
            if (in) {
                index.erase(any);
                model.erase(any.uid.str());
            } else {
                index.insert(any);
                model.emplace(any.uid.str(), &any);
            }
            REQUIRE(index.size() == model.size());
            if (step % 500 != 0) continue;
            for (item& i : items)
                REQUIRE((index.find(i.uid.view()) != nullptr) == model.contains(i.uid.str()));
            std::size_t seen = 0;
            index.for_each([&](item& i) { seen += model.at(i.uid.str()) == &i ? 1 : 0; });
            REQUIRE(seen == model.size());
        }
    }
}

TEST_CASE("a walk comes to each item that stays, whatever comes and goes meanwhile") {
    for (std::uint32_t seed = 1; seed != 40; ++seed) {
        std::mt19937 random(seed);
        uid_index<item> index;
        std::deque<item> items;
        for (int n = 0; n != 300; ++n) items.push_back({shared_string("task-" + std::to_string(n))});
        std::set<item*> in;
        for (std::size_t n = 0; n != 150; ++n) index.insert(items[n]), in.insert(&items[n]);
        std::set<item*> left = in;
        index.start_walk();
        while (item* next = index.walk()) {
            CHECK(in.contains(next));
            left.erase(next);
            item& any = items[random() % items.size()];
            if (in.erase(&any) != 0)
                index.erase(any), left.erase(&any);
            else if (in.size() < 200) // with this it grows at times
                index.insert(any), in.insert(&any);
        }
        CHECK(left.empty());
        CHECK(index.walk() == nullptr);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
