// SPDX-License-Identifier: BSL-1.0
#include <repository/lease_keeper.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace rondo::test {
namespace {

using namespace std::chrono_literals;
using repository_detail::lease_keeper;
using loss = lease_keeper::loss;
using lost = std::vector<lease_keeper::lost_run>;

constexpr std::chrono::seconds ttl = 30s; // so it is renewed after 10 s, and trusted for 24 s

run_id id(std::uint64_t n) {
    run_id id;
    id.low = n;
    return id;
}

steady_time at(std::chrono::nanoseconds t) {
    return steady_time(1000s + t);
}

std::vector<std::uint64_t> ids_of(const std::vector<lease_keeper::held_run>& runs) {
    std::vector<std::uint64_t> ids;
    for (const auto& r : runs) ids.push_back(r.id.low);
    return ids;
}

TEST_SUITE_BEGIN("repository/lease_keeper");

TEST_CASE("a node that holds nothing wants nothing") {
    lease_keeper k(ttl);
    CHECK(k.next_renewal() == steady_time::max());
    CHECK(k.next_expiry() == steady_time::max());
    k.on_time(at(1h));
    k.let_go(id(1));
    CHECK(k.take_lost().empty());
    CHECK(k.held() == 0);
}

TEST_CASE("a lease counts from when it was asked for, and is renewed after a third") {
    lease_keeper k(ttl);
    k.took(id(1), 7, at(0s));
    CHECK(k.next_renewal() == at(10s));
    CHECK(k.next_expiry() == at(24s));
    CHECK_FALSE(k.is_renewing());
    const auto asked = k.begin_renewal(at(10s));
    CHECK(k.is_renewing());
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].id == id(1));
    CHECK(asked[0].token == 7);
    CHECK(k.next_renewal() == steady_time::max()); // one is under way
    const run_id still[] = {id(1)};
    k.renewed(still);
    CHECK(k.next_renewal() == at(20s));
    CHECK(k.next_expiry() == at(34s));
    CHECK(k.take_lost().empty());
}

TEST_CASE("a run that ends before a third is never renewed") {
    lease_keeper k(ttl);
    for (std::uint64_t n = 0; n != 100; ++n) {
        k.took(id(n), 1, at(n * 1s));
        CHECK(k.next_renewal() == at(n * 1s + 10s));
        k.let_go(id(n));
    }
    CHECK(k.next_renewal() == steady_time::max());
}

TEST_CASE("one renewal is for all, and the first decides when") {
    lease_keeper k(ttl);
    k.took(id(2), 1, at(2s));
    k.took(id(1), 1, at(1s)); // its answer came later
    k.took(id(3), 1, at(9s));
    CHECK(k.next_renewal() == at(11s));
    CHECK(ids_of(k.begin_renewal(at(11s))) == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("what the store does not name is lost, but for what was taken since it was asked") {
    lease_keeper k(ttl);
    for (std::uint64_t n : {1, 2, 3, 4}) k.took(id(n), 1, at(0s));
    (void)k.begin_renewal(at(10s));
    k.took(id(5), 1, at(9s)); // asked for before, answered after
    k.let_go(id(4));          // it ended meanwhile
    const run_id still[] = {id(3), id(1), id(4), id(99)};
    k.renewed(still);
    CHECK(k.take_lost() == lost{{id(2), loss::refused}});
    CHECK(k.take_lost().empty()); // once
    CHECK(k.held() == 3);
    CHECK(k.next_renewal() == at(19s)); // of 5
}

TEST_CASE("one renewal that fails does no harm, and it is tried again soon") {
    lease_keeper k(ttl);
    k.took(id(1), 1, at(0s));
    (void)k.begin_renewal(at(10s));
    k.not_renewed(at(19s)); // it was overdue
    CHECK(k.next_renewal() == at(20500ms));
    CHECK(k.next_expiry() == at(24s)); // as before
    (void)k.begin_renewal(at(20500ms));
    const run_id still[] = {id(1)};
    k.renewed(still);
    CHECK(k.take_lost().empty());
    CHECK(k.next_expiry() == at(44500ms));
}

TEST_CASE("what cannot be renewed in time is not trusted any more, before the store gives it to others") {
    lease_keeper k(ttl);
    k.took(id(1), 1, at(0s));
    k.took(id(2), 1, at(1s));
    (void)k.begin_renewal(at(10s));
    k.on_time(at(24s) - 1ns);
    CHECK(k.take_lost().empty());
    k.on_time(at(24s));
    CHECK(k.take_lost() == lost{{id(1), loss::too_late}});
    k.on_time(at(1h));
    CHECK(k.take_lost() == lost{{id(2), loss::too_late}});
    k.renewed({}); // the answer comes at last
    CHECK(k.take_lost().empty());
    CHECK(k.held() == 0);
}

TEST_CASE("a run that is taken again is held for longer, and never for less") {
    lease_keeper k(ttl);
    k.took(id(1), 1, at(0s));
    k.took(id(1), 1, at(5s)); // its claim was repeated
    CHECK(k.next_expiry() == at(29s));
    k.took(id(1), 1, at(2s));
    CHECK(k.next_expiry() == at(29s));
    CHECK(k.held() == 1);
}

TEST_CASE("whatever comes, it trusts no run for longer than a plain list of them does") {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        lease_keeper k(ttl);
        std::map<std::uint64_t, steady_time> trusted; // until when
        std::map<std::uint64_t, bool> asked;
        std::vector<std::uint64_t> said_lost;
        bool renewing = false;
        steady_time sent{};
        steady_time now = at(0s);
        const auto forget = [&](std::uint64_t n) { trusted.erase(n), asked.erase(n); };
        for (int step = 0; step != 400; ++step) {
            now += std::chrono::milliseconds(random() % 4000);
            k.on_time(now);
            for (auto t = trusted.begin(); t != trusted.end();) {
                const auto next = std::next(t);
                if (t->second <= now) said_lost.push_back(t->first), forget(t->first);
                t = next;
            }
            const std::uint64_t n = random() % 20;
            switch (random() % 5) {
            case 0:
            case 1: {
                const steady_time from = now - std::chrono::milliseconds(random() % 3000);
                k.took(id(n), 1, from);
                auto& until = trusted[n];
                until = std::max(until, from + ttl / 5 * 4);
                break;
            }
            case 2: k.let_go(id(n)), forget(n); break;
            case 3:
                if (renewing) break;
                (void)k.begin_renewal(now);
                for (const auto& [known, until] : trusted) asked[known] = true;
                sent = now, renewing = true;
                break;
            default:
                if (!renewing) break;
                renewing = false;
                if (random() % 3 == 0) {
                    k.not_renewed(now);
                    asked.clear();
                    break;
                }
                std::vector<run_id> still;
                for (const auto& [known, yes] : std::map(asked)) {
                    if (random() % 4 != 0) {
                        still.push_back(id(known));
                        trusted[known] = std::max(trusted[known], sent + ttl / 5 * 4);
                    } else {
                        said_lost.push_back(known);
                        trusted.erase(known);
                    }
                }
                asked.clear();
                k.renewed(still);
            }
            REQUIRE(k.held() == trusted.size());
            steady_time first = steady_time::max();
            for (const auto& [known, until] : trusted) first = std::min(first, until);
            REQUIRE(k.next_expiry() == first);
            std::vector<std::uint64_t> lost_now;
            for (const auto& l : k.take_lost()) lost_now.push_back(l.id.low);
            std::ranges::sort(lost_now);
            std::ranges::sort(said_lost);
            REQUIRE(lost_now == said_lost);
            said_lost.clear();
        }
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
