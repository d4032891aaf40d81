// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rondo::tests {
namespace {

/// Tells how the history was pruned.
struct counting_repository final : testing::forwarding_repository {
    using testing::forwarding_repository::forwarding_repository;
    int calls = 0;
    std::size_t most = 0;
    awaitable<prune_progress> prune(prune_policy policy) override {
        ++calls;
        CHECK(policy.limit > 0);
        auto done = co_await inner_->prune(policy);
        most = std::max<std::size_t>(most, done.value().runs);
        co_return done;
    }
};

TEST_SUITE_BEGIN("runtime/retention");

TEST_CASE("history is forgotten by age, all the time") {
    manager_options o;
    o.retention.age = 10s;
    o.retention.every = 5s;
    world w(memory::open(), o);
    w.start();
    REQUIRE(w.add(task("t", "", every(1s), nothing)));
    w.pass(9s);
    CHECK(w.history().size() == 10);
    w.pass(51s);
    CHECK(w.history().size() >= 10);
    CHECK(w.history().size() <= 16);
    CHECK(w.find("t").counters.runs == 61);
}

TEST_CASE("history is forgotten by number, task by task") {
    manager_options o;
    o.retention.runs_per_task = 3;
    o.retention.every = 1s;
    world w(memory::open(), o);
    w.start();
    REQUIRE(w.add(task("a", "", every(10s), nothing)));
    REQUIRE(w.add(task("b", "", every(100ms), nothing)));
    w.pass(60s);
    int of_a = 0;
    int of_b = 0;
    for (const run& r : w.history()) ++(r.uid == "a" ? of_a : of_b);
    CHECK(of_a == 3);
    CHECK(of_b >= 3);
    CHECK(of_b <= 13);
}

TEST_CASE("history is forgotten in slices, however much there is") {
    auto store = std::make_shared<counting_repository>(memory::open());
    world w(store);
    w.start();
    for (int i = 0; i != 1200; ++i) REQUIRE(w.add(task("t" + std::to_string(i), "", every(1h), nothing)));
    w.pass(1h);
    auto forgotten = w.get<std::uint64_t>(w.tasks->async_prune({w.clock.now().wall + 1h, {}}));
    CHECK(forgotten.value() == 2400);
    CHECK(store->calls >= 5);
    CHECK(store->most <= 500);
    CHECK(w.history().empty());
}

TEST_CASE("who says how much asks once") {
    auto store = std::make_shared<counting_repository>(memory::open());
    world w(store);
    w.start();
    REQUIRE(w.add(task("t", "", every(1s), nothing)));
    w.pass(9s);
    prune_policy some{w.clock.now().wall + 1h, {}};
    some.limit = 4;
    CHECK(w.get<std::uint64_t>(w.tasks->async_prune(some)).value() == 4);
    CHECK(store->calls == 1);
    CHECK(w.history().size() == 6);
}

TEST_CASE("who says how much gets as much, however many tasks there are before it") {
    world w;
    w.start();
    for (int i = 0; i != 10; ++i) REQUIRE(w.add(task("quiet" + std::to_string(i), "", every(100h), nothing)));
    REQUIRE(w.add(task("z", "", every(1s), nothing)));
    w.pass(9s);
    prune_policy some{{}, 1};
    some.limit = 4;
    for (std::uint64_t n : {4, 4, 1, 0}) CHECK(w.get<std::uint64_t>(w.tasks->async_prune(some)).value() == n);
}

TEST_CASE("once in for ever is not all the time") {
    auto store = std::make_shared<counting_repository>(memory::open());
    manager_options o;
    o.retention.runs_per_task = 1;
    o.retention.every = std::chrono::nanoseconds::max();
    world w(store, o);
    w.start();
    w.pass(1h);
    CHECK(store->calls == 0);
}

TEST_CASE("a repository that fails to forget is asked again") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    manager_options o;
    o.retention.runs_per_task = 1;
    o.retention.every = 10s;
    world w(faulty, o);
    w.start();
    faulty->set("prune", fault::fails);
    REQUIRE(w.add(task("t", "", every(1s), nothing)));
    CHECK(w.get<std::uint64_t>(w.tasks->async_prune({{}, 1})).error() == errc::store_failed);
    w.pass(30s);
    CHECK(w.history().size() == 31);
    CHECK(std::ranges::count_if(w.log, [](const std::string& line) {
              return line.find("history is not pruned") != line.npos;
          }) == 1);
    faulty->set("prune", fault::none);
    w.pass(10s);
    CHECK(w.history().size() <= 2);
}

TEST_CASE("a shutdown ends the forgetting") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    faulty->set("prune", fault::waits);
    for (int i = 0; i != 600; ++i) REQUIRE(w.add(task("t" + std::to_string(i), "", every(1h), nothing)));
    std::optional<result<std::uint64_t>> got;
    w.tasks->async_prune({{}, 0}, [&](result<std::uint64_t> r) { got.emplace(r); });
    w.pass(0s);
    CHECK_FALSE(got);
    REQUIRE(w.get<shutdown_report>(w.tasks->async_shutdown(0s)));
    REQUIRE(got);
    CHECK(got->error() == errc::shutting_down);
    faulty->let_go(); // which holds a timer of the context
    w.pass(0s);
}

TEST_CASE("what is no retention is refused") {
    for (int i : {0, 1}) {
        manager_options o;
        if (i == 0) o.retention.age = -1ns;
        if (i == 1) o.retention.every = 0ns;
        world w(memory::open(), o);
        CHECK(w.get<start_report>(w.tasks->async_start()).error() == errc::invalid_option);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
