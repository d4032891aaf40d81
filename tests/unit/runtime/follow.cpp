// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace rondo::tests {
namespace {

history_filter of(std::string uid) {
    history_filter f;
    f.uid = std::move(uid);
    return f;
}

std::vector<wall_time> slots_of(const std::vector<run>& runs) {
    std::vector<wall_time> slots;
    for (const run& r : runs) slots.push_back(r.scheduled_at);
    return slots;
}

task one(std::string uid, schedule when) {
    return task(std::move(uid), "", std::move(when), nothing);
}

TEST_SUITE_BEGIN("runtime/follow");

TEST_CASE("a chain of tasks runs slot by slot") {
    world w;
    w.start();
    std::vector<std::string> order;
    auto noting = [&order](const char* what) {
        return [&order, what]() -> asio::awaitable<void> {
            order.emplace_back(what);
            co_return;
        };
    };
    REQUIRE(w.add(task("load", "", after("transform"), noting("load"))));
    REQUIRE(w.add(task("transform", "", after("extract"), noting("transform"))));
    REQUIRE(w.add(task("extract", "", every(10s), noting("extract"))));
    w.pass(25s);
    CHECK(order == std::vector<std::string>{"extract", "transform", "load", "extract", "transform", "load",
                                            "extract", "transform", "load"});
    auto extracted = slots_of(w.history(of("extract")));
    CHECK(extracted.size() == 3);
    CHECK(slots_of(w.history(of("transform"))) == extracted);
    CHECK(slots_of(w.history(of("load"))) == extracted);
}

TEST_CASE("what follows a failure does not follow a success") {
    world w;
    w.start();
    int n = 0;
    REQUIRE(w.add(one("repair", after("flaky", outcome::failed))));
    REQUIRE(w.add(one("always", after("flaky", any_outcome))));
    REQUIRE(w.add(task("flaky", "", every(10s), [&n]() -> asio::awaitable<void> {
        if (++n % 2 == 0) throw std::runtime_error("no");
        co_return;
    })));
    w.pass(35s);
    CHECK(w.find("flaky").counters.runs == 4);
    CHECK(w.find("repair").counters.runs == 2);
    CHECK(w.find("always").counters.runs == 4);
}

TEST_CASE("a run by hand is followed for its users") {
    world w;
    w.start();
    std::vector<user> asked;
    REQUIRE(w.add(
        task("index", "", after("sync"),
             [&asked](context, std::span<const user> users) -> asio::awaitable<std::vector<task_result>> {
                 asked.assign(users.begin(), users.end());
                 co_return std::vector<task_result>();
             })));
    REQUIRE(w.add(one("sync", at(w.clock.now().wall + 1h))));
    REQUIRE(w.get<run_id>(w.tasks->async_trigger("sync", user("x"))));
    w.pass(1s);
    CHECK(asked == std::vector{user("x")});
    auto runs = w.history(of("index"));
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].trigger == trigger::manual);
}

TEST_CASE("one that follows and is busy says that it did not") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("index", "", after("sync"), sleeper{1h, &began, &ended})));
    REQUIRE(w.add(one("sync", at(w.clock.now().wall + 1h))));
    for (int i = 0; i != 2; ++i) REQUIRE(w.get<run_id>(w.tasks->async_trigger("sync")));
    w.pass(1s);
    CHECK(began == 1);
    CHECK(w.logged("warning: task index: a run of sync was not followed"));
}

TEST_CASE("what ended in an earlier life is followed in this one") {
    world w;
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    REQUIRE(w.add(one("a", every(10s))));
    w.pass(5s);
    REQUIRE(w.get<void>(w.tasks->async_remove("b")));
    w.pass(20s); // two slots of a
    w.restart();
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    w.pass(1s);
    auto runs = w.history(of("b"));
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].trigger == trigger::catch_up);
    CHECK(runs[0].scheduled_at == runs[1].scheduled_at + 20s);
    CHECK(w.find("b").counters.skipped_missed == 1);
    w.restart();
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    w.pass(1s);
    CHECK(w.history(of("b")).size() == 2);
}

TEST_CASE("a run whose process died is followed as abandoned") {
    world w;
    w.start();
    REQUIRE(w.add(one("b", after("a", outcome::abandoned))));
    REQUIRE(w.add(task("a", "", every(10s), stubborn{1h})));
    w.pass(1s);
    w.restart();
    w.start();
    REQUIRE(w.add(one("b", after("a", outcome::abandoned))));
    w.pass(1s);
    REQUIRE(w.history(of("b")).size() == 1);
    CHECK(w.history(of("b"))[0].scheduled_at == w.history(of("a"))[0].scheduled_at);
}

TEST_CASE("a long history is read page by page") {
    memory::options all;
    all.runs_per_task_max = 10'000;
    world w(memory::open(all));
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    REQUIRE(w.get<void>(w.tasks->async_remove("b")));
    REQUIRE(w.add(one("a", every(1s))));
    w.pass(2500s);
    REQUIRE(w.add(one("b", after("a"))));
    w.pass(1s);
    CHECK(w.find("b").counters.skipped_missed == 2500);
    CHECK(w.find("b").counters.runs >= 1);
}

TEST_CASE("adding fails where the history cannot be read, and can be tried again") {
    auto store = std::make_shared<faulty_repository>(memory::open());
    world w(store);
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    REQUIRE(w.add(one("a", every(10s))));
    REQUIRE(w.get<void>(w.tasks->async_remove("b")));
    store->set("history", fault::fails);
    auto no = w.add(one("b", after("a")));
    CHECK((!no && no.error() == errc::store_failed));
    CHECK(!w.tasks->find("b"));
    store->set("history", fault::none);
    CHECK(w.add(one("b", after("a"))));
}

TEST_CASE("an end that is still on its way to the repository is followed by one that is added then") {
    for (fault f : {fault::fails, fault::hangs}) { // it waits, or is in the call that is under way
        auto store = std::make_shared<faulty_repository>(memory::open());
        world w(store);
        w.start();
        REQUIRE(w.add(one("b", after("a"))));
        REQUIRE(w.get<void>(w.tasks->async_remove("b")));
        store->set("finish_runs", f);
        REQUIRE(w.add(one("a", at(w.clock.now().wall))));
        w.pass(1ms);
        REQUIRE(w.add(one("b", after("a"))));
        store->set("finish_runs", fault::none);
        w.pass(1min);
        CHECK(w.history(of("a")).at(0).outcome == outcome::success);
        CHECK(slots_of(w.history(of("b"))) == slots_of(w.history(of("a"))));
    }
}

TEST_CASE("an end that goes on record while the history is read is followed") {
    auto store = std::make_shared<faulty_repository>(memory::open());
    world w(store);
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    REQUIRE(w.get<void>(w.tasks->async_remove("b")));
    store->set("finish_runs", fault::fails);
    REQUIRE(w.add(one("a", at(w.clock.now().wall))));
    w.pass(1ms);
    store->set("history", fault::waits);
    bool added = false;
    w.tasks->async_add(one("b", after("a")), [&](result<void> r) { added = r.has_value(); });
    w.pass(0s);
    store->set("finish_runs", fault::none);
    w.pass(1s);
    store->set("history", fault::none);
    CHECK(w.history(of("a")).at(0).outcome == outcome::success);
    store->let_go();
    w.pass(1s);
    CHECK(added);
    CHECK(slots_of(w.history(of("b"))) == slots_of(w.history(of("a"))));
}

TEST_CASE("an attempt that failed is not followed where the next succeeds while the history is read") {
    auto store = std::make_shared<faulty_repository>(memory::open());
    world w(store);
    w.start();
    REQUIRE(w.add(one("b", after("a", outcome::failed))));
    REQUIRE(w.get<void>(w.tasks->async_remove("b")));
    int n = 0;
    task a("a", "", at(w.clock.now().wall), [&n]() -> asio::awaitable<void> {
        if (++n == 1) throw std::runtime_error("no");
        co_return;
    });
    a.retry({.attempts = 2, .backoff = 1s, .jitter = 0});
    REQUIRE(w.add(std::move(a)));
    w.pass(1ms);
    store->set("history", fault::waits);
    bool added = false;
    w.tasks->async_add(one("b", after("a", outcome::failed)), [&](result<void> r) { added = r.has_value(); });
    w.pass(2s);
    CHECK(n == 2);
    store->set("history", fault::none);
    store->let_go();
    w.pass(1s);
    CHECK(added);
    CHECK(w.history(of("b")).empty());
}

// Both in one call of the repository, in this order or the other.
void add_together(world& w, task one, task other, bool swapped) {
    int added = 0;
    auto count = [&](const result<void>& r) { added += r ? 1 : 0; };
    w.tasks->async_add(swapped ? std::move(other) : std::move(one), count);
    w.tasks->async_add(swapped ? std::move(one) : std::move(other), count);
    w.pass(1s);
    REQUIRE(added == 2);
}

TEST_CASE("the first slot of a task that is added with one that follows it outlives the process") {
    for (bool swapped : {false, true}) {
        world w;
        w.start();
        auto past = w.clock.now().wall - 1h;
        add_together(w, task("a", "", at(past), stubborn{1h}), one("b", after("a", any_outcome)), swapped);
        w.restart();
        w.start();
        REQUIRE(w.add(one("b", after("a", any_outcome))));
        w.pass(1s);
        CHECK(slots_of(w.history(of("b"))) == std::vector{past});
    }
}

TEST_CASE("a slot that is caught up on outlives the process for one that is new and follows") {
    for (bool swapped : {false, true}) {
        world w;
        w.start();
        REQUIRE(w.add(one("a", every(10s))));
        w.pass(5s);
        REQUIRE(w.get<void>(w.tasks->async_remove("a")));
        w.pass(1h);
        add_together(w, task("a", "", every(10s), stubborn{1h}), one("b", after("a", any_outcome)), swapped);
        w.restart();
        w.start();
        REQUIRE(w.add(one("b", after("a", any_outcome))));
        w.pass(1s);
        REQUIRE(w.history(of("a")).size() == 2);
        CHECK(slots_of(w.history(of("b"))) == std::vector{w.history(of("a"))[0].scheduled_at});
    }
}

/// Notes in what order runs begin and end on record.
class noting_repository final : public testing::forwarding_repository {
public:
    using forwarding_repository::forwarding_repository;

    std::vector<std::string> order;

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (const begin_request& r : requests)
            if (r.started) order.push_back("begin " + r.uid.str());
        return forwarding_repository::begin_runs(std::move(requests));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        for (const finish_request& r : requests) order.push_back("end " + r.run.uid.str());
        return forwarding_repository::finish_runs(std::move(requests));
    }
};

TEST_CASE("an end is on record before the run that follows it") {
    auto store = std::make_shared<noting_repository>(memory::open());
    world w(store);
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    REQUIRE(w.add(one("a", at(w.clock.now().wall))));
    w.pass(1s);
    CHECK(store->order == std::vector<std::string>{"begin a", "end a", "begin b", "end b"});
}

TEST_CASE("an end is on record before the run that follows it, also after an outage") {
    auto log = std::make_shared<noting_repository>(memory::open());
    auto store = std::make_shared<faulty_repository>(log);
    world w(store);
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    for (const char* call : {"begin_runs", "finish_runs"}) store->set(call, fault::fails);
    REQUIRE(w.add(one("a", at(w.clock.now().wall))));
    w.pass(1s);
    CHECK(w.find("b").counters.succeeded == 1);
    log->order.clear();
    for (const char* call : {"begin_runs", "finish_runs"}) store->set(call, fault::none);
    w.pass(10s);
    CHECK(log->order == std::vector<std::string>{"begin a", "end a", "begin b", "end b"});
}

TEST_CASE("a circle is refused, also where an update would close it") {
    world w;
    w.start();
    REQUIRE(w.add(one("b", after("a"))));
    auto no = w.add(one("a", after("b")));
    CHECK((!no && no.error() == errc::cyclic_schedule));
    REQUIRE(w.add(one("a", every(10s))));
    no = w.get<void>(w.tasks->async_update(one("a", after("b"))));
    CHECK((!no && no.error() == errc::cyclic_schedule));
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
