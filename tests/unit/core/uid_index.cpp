// SPDX-License-Identifier: BSL-1.0
#include <core/numbered_pool.hpp>
#include <core/uid_index.hpp>

#include <rondo/shared_string.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rondo::core {
namespace {

struct item {
    shared_string uid;

    explicit item(shared_string u) noexcept : uid(std::move(u)) {}
};

// Of which an index can be made.
class items {
public:
    using value_type = item;

    explicit items(std::uint32_t n) {
        for (std::uint32_t i = 0; i != n; ++i)
            REQUIRE(pool_.make(shared_string("task-" + std::to_string(i))) == i);
        size_ = n;
    }
    ~items() {
        for (std::uint32_t i = 0; i != size_; ++i) pool_.destroy(i);
    }
    items(const items&) = delete;
    items& operator=(const items&) = delete;

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] item& at(std::uint32_t number) const noexcept { return pool_.at(number); }

private:
    numbered_pool<item, 16> pool_;
    std::uint32_t size_ = 0;
};

TEST_SUITE_BEGIN("core/uid_index");

TEST_CASE("an empty index finds nothing") {
    const items all(0);
    const uid_index<items> index(all);
    CHECK(index.find("a") == nullptr);
    CHECK(index.find("") == nullptr);
    CHECK(index.size() == 0);
}

TEST_CASE("it agrees with an unordered_map under random insertions and erasures") {
    for (std::uint32_t seed : {1u, 2u, 3u}) {
        std::mt19937 random(seed);
        const items all(500);
        uid_index<items> index(all);
        std::unordered_map<std::string, item*> model;
        for (int step = 0; step != 20'000; ++step) {
            const auto n = static_cast<std::uint32_t>(random() % all.size());
            item& any = all.at(n);
            bool in = model.contains(any.uid.str());
            REQUIRE(index.find(any.uid.view()) == (in ? &any : nullptr));
            if (in) {
                REQUIRE(index.erase(any) == n);
                model.erase(any.uid.str());
            } else {
                index.insert(n);
                model.emplace(any.uid.str(), &any);
            }
            REQUIRE(index.size() == model.size());
            if (step % 500 != 0) continue;
            for (std::uint32_t i = 0; i != all.size(); ++i)
                REQUIRE((index.find(all.at(i).uid.view()) != nullptr) == model.contains(all.at(i).uid.str()));
            std::size_t seen = 0;
            index.for_each([&](item& i) { seen += model.at(i.uid.str()) == &i ? 1 : 0; });
            REQUIRE(seen == model.size());
        }
    }
}

TEST_CASE("a walk comes to each item that stays, whatever comes and goes meanwhile") {
    for (std::uint32_t seed = 1; seed != 40; ++seed) {
        std::mt19937 random(seed);
        const items all(300);
        uid_index<items> index(all);
        std::set<item*> in;
        for (std::uint32_t n = 0; n != 150; ++n) index.insert(n), in.insert(&all.at(n));
        std::set<item*> left = in;
        index.start_walk();
        while (item* next = index.walk()) {
            CHECK(in.contains(next));
            left.erase(next);
            const auto n = static_cast<std::uint32_t>(random() % all.size());
            item& any = all.at(n);
            if (in.erase(&any) != 0)
                (void)index.erase(any), left.erase(&any);
            else if (in.size() < 200) // with this it grows at times
                index.insert(n), in.insert(&any);
        }
        CHECK(left.empty());
        CHECK(index.walk() == nullptr);
    }
}

TEST_CASE("an item whose number is larger than the table finds room, and is found") {
    const items all(5'000);
    uid_index<items> index(all);
    index.insert(4'999);
    index.insert(0);
    CHECK(index.find("task-4999") == &all.at(4'999));
    CHECK(index.find("task-0") == &all.at(0));
    CHECK(index.find("task-1") == nullptr);
    CHECK(index.erase(all.at(4'999)) == 4'999);
    CHECK(index.find("task-4999") == nullptr);
    CHECK(index.size() == 1);
}

// Looks at items are what it spares: most slots that are no match are passed over.
struct watched_items : items {
    using items::items;
    mutable std::size_t looks = 0;

    [[nodiscard]] item& at(std::uint32_t number) const noexcept {
        ++looks;
        return items::at(number);
    }
};

TEST_CASE("a search looks at few items that are others") {
    const watched_items all(100'000);
    uid_index<watched_items> index(all);
    for (std::uint32_t n = 0; n != 50'000; ++n) index.insert(n);
    all.looks = 0;
    for (int n = 0; n != 50'000; ++n) REQUIRE(index.find("task-" + std::to_string(n)) != nullptr);
    CHECK(all.looks >= 50'000);
    CHECK(all.looks < 50'500);
    all.looks = 0;
    for (int n = 50'000; n != 100'000; ++n) REQUIRE(index.find("task-" + std::to_string(n)) == nullptr);
    CHECK(all.looks < 500);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
