// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <boost/asio/as_tuple.hpp>

#include <functional>

namespace rondo::tests {
namespace {

/// Holds begins, or ends, back while their gate is there, and can let another manager go first.
class gated_repository final : public repository {
public:
    std::shared_ptr<repository> inner = memory::open();
    bool fails = false;
    asio::steady_timer* gate = nullptr;
    asio::steady_timer* end_gate = nullptr;
    std::function<bool(const begin_request&)> taken_by_another; // in a call of its own, just before

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        if (fails) co_return errc::store_failed;
        if (gate != nullptr) co_await gate->async_wait(asio::as_tuple(asio::use_awaitable));
        for (const begin_request& r : requests) {
            if (!taken_by_another || !taken_by_another(r)) continue;
            begin_request theirs = r;
            theirs.started->id.low ^= 0xffff;
            std::vector<begin_request> call(1, theirs);
            (void)co_await inner->begin_runs(std::move(call));
        }
        co_return co_await inner->begin_runs(std::move(requests));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        if (fails) co_return errc::store_failed;
        if (end_gate != nullptr) co_await end_gate->async_wait(asio::as_tuple(asio::use_awaitable));
        co_return co_await inner->finish_runs(std::move(requests));
    }

    awaitable<std::uint64_t> start(wall_time now) override { return inner->start(now); }
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> t) override {
        return inner->register_tasks(std::move(t));
    }
    awaitable<void> update_tasks(std::vector<task_update> u) override {
        return inner->update_tasks(std::move(u));
    }
    awaitable<history_page> history(history_filter f) override { return inner->history(std::move(f)); }
    awaitable<std::optional<run>> find_run(run_id id) override { return inner->find_run(id); }
    awaitable<std::vector<run>> last_runs(std::optional<std::string> u) override {
        return inner->last_runs(std::move(u));
    }
    awaitable<std::vector<skip_range>> skips(std::string uid, std::size_t n) override {
        return inner->skips(std::move(uid), n);
    }
    awaitable<std::vector<user>> users() override { return inner->users(); }
    awaitable<void> add_users(std::vector<user> u) override { return inner->add_users(std::move(u)); }
    awaitable<void> remove_users(std::vector<user> u) override { return inner->remove_users(std::move(u)); }
    awaitable<prune_progress> prune(prune_policy p) override { return inner->prune(p); }
};

struct gated_world {
    std::shared_ptr<gated_repository> store = std::make_shared<gated_repository>();
    world w;
    asio::steady_timer gate{w.context, asio::steady_timer::time_point::max()};

    explicit gated_world(manager_options o = {}) : w(store, std::move(o)) { w.start(); }

    void hold() { store->gate = &gate; }
    void let_go() {
        store->gate = nullptr;
        gate.cancel();
    }
    /// The slots on record, the first one first, in microseconds since `from`.
    std::vector<std::int64_t> slots(std::string uid, wall_time from) {
        history_filter f;
        f.uid = std::move(uid);
        std::vector<std::int64_t> found;
        for (const run& r : w.history(f)) found.insert(found.begin(), (r.scheduled_at - from).count());
        return found;
    }
};

} // namespace

TEST_SUITE_BEGIN("runtime/recovery");

TEST_CASE("an end does not overtake its begin when the store comes back") {
    gated_world s;
    wall_time from = s.w.clock.now().wall;
    REQUIRE(s.w.add(task("x", "", every(1s), nothing)));
    s.w.pass(500ms);
    s.store->fails = true;
    s.w.pass(520ms); // slot 1 cannot be recorded
    s.store->fails = false;
    s.hold();
    s.w.pass(1500ms); // slot 2 runs while the retry is under way
    s.let_go();
    s.w.pass(3s);
    CHECK(s.w.find("x").counters.runs == 6);
    CHECK(s.w.find("x").counters.skipped_not_owner == 0);
    CHECK(s.slots("x", from) ==
          std::vector<std::int64_t>{0, 1'000'000, 2'000'000, 3'000'000, 4'000'000, 5'000'000});
}

TEST_CASE("a fixed delay goes on when the end of its run got lost on the way to the store") {
    manager_options o;
    o.outbox_max = 1;
    gated_world s(o);
    int began = 0;
    int ended = 0;
    REQUIRE(s.w.add(task("x", "", every_after(10s), sleeper{1s, &began, &ended})));
    task noise("n", "", every(1h), nothing);
    noise.first_run(after_interval);
    REQUIRE(s.w.add(std::move(noise)));
    s.w.pass(500ms);
    s.store->fails = true;
    s.w.pass(700ms);
    s.w.tasks->async_trigger("n", [](result<run_id>) {});
    s.w.pass(300ms);
    s.store->fails = false;
    s.w.pass(100s);
    CHECK(s.w.tasks->state().outbox_dropped > 0);
    CHECK(s.w.find("x").counters.runs == 10); // at 0 s, 11 s, 22 s, …
    CHECK(s.w.find("x").counters.skipped_not_owner == 0);
}

TEST_CASE("the next run of a fixed delay does not overtake the end of the one before") {
    gated_world s;
    asio::steady_timer gate(s.w.context, asio::steady_timer::time_point::max());
    int began = 0;
    int ended = 0;
    REQUIRE(s.w.add(task("n", "", every(1h), nothing)));
    s.w.pass(1ms);
    REQUIRE(s.w.add(task("x", "", every_after(10ms), sleeper{5ms, &began, &ended})));
    s.w.pass(1ms);
    s.store->end_gate = &gate;
    s.w.tasks->async_trigger("n", [](result<run_id>) {});
    s.w.pass(5ms);  // the end of x waits behind that of n
    s.w.pass(12ms); // and now the next run, too
    s.store->end_gate = nullptr;
    gate.cancel();
    s.w.pass(50ms);
    CHECK(s.w.find("x").counters.skipped_not_owner == 0);
    CHECK(s.w.find("x").counters.runs >= 3);
}

TEST_CASE("a fixed delay whose end is fenced goes on") {
    gated_world s;
    int began = 0;
    int ended = 0;
    REQUIRE(s.w.add(task("x", "", every_after(10s), sleeper{1s, &began, &ended})));
    s.w.pass(500ms);
    // Another manager starts on the same store, and takes our run for abandoned.
    manager other(s.w.context.get_executor(), s.store, s.w.options);
    other.async_start([](result<start_report> r) { CHECK(r.value().runs_abandoned == 1); });
    s.w.pass(100s);
    CHECK(s.w.find("x").counters.runs == 10);
}

TEST_CASE("a slot that another manager took costs no other slot") {
    gated_world s;
    wall_time from = s.w.clock.now().wall;
    task noise("n", "", every(1h), nothing);
    noise.first_run(after_interval);
    REQUIRE(s.w.add(std::move(noise)));
    REQUIRE(s.w.add(task("x", "", every(100ms), nothing)));
    s.w.pass(50ms);
    s.hold();
    s.w.tasks->async_trigger("n", [](result<run_id>) {});
    s.w.pass(200ms); // the slots at 100 ms and 200 ms are decided
    bool once = false;
    s.store->taken_by_another = [&](const begin_request& r) {
        return r.uid == "x" && r.started && !std::exchange(once, true);
    };
    s.let_go();
    s.w.pass(360ms);
    CHECK(once);
    CHECK(s.w.find("x").counters.skipped_not_owner == 1);
    CHECK(s.w.find("x").counters.skipped_overlap == 1);
    // That at 100 ms is theirs, that at 200 ms was skipped.
    CHECK(s.slots("x", from) == std::vector<std::int64_t>{0, 100'000, 300'000, 400'000, 500'000, 600'000});
}

TEST_CASE("a refused run is not the last run") {
    gated_world s;
    REQUIRE(s.w.add(task("x", "", every(1s), nothing)));
    s.w.pass(500ms);
    wall_time first = *s.w.find("x").last_run;
    s.store->taken_by_another = [](const begin_request& r) { return r.started.has_value(); };
    s.w.pass(1s);
    CHECK(s.w.find("x").counters.skipped_not_owner == 1);
    CHECK(s.w.find("x").counters.runs == 1);
    CHECK(s.w.find("x").last_run == moment(first));
}

TEST_CASE("a wall clock that was set back between two lives delays no interval by more than itself") {
    for (auto when : {every(1h), every_after(1h)}) {
        CAPTURE(when.text());
        world w;
        w.clock.set_wall(std::chrono::sys_days(std::chrono::year(2035) / 1 / 1));
        w.start();
        REQUIRE(w.add(task("x", "", when, nothing)));
        w.pass(10s);
        REQUIRE(w.get<shutdown_report>(w.tasks->async_shutdown(0s)));
        w.clock.set_wall(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1));
        w.restart();
        w.start();
        REQUIRE(w.add(task("x", "", when, nothing)));
        w.pass(24h);
        CHECK(w.find("x").counters.runs >= 23);
    }
}

TEST_CASE("a store that works loses nothing, however much falls due at once") {
    manager_options o;
    o.outbox_max = 10;
    world w(memory::open(), o);
    w.start();
    for (int i = 0; i != 300; ++i) REQUIRE(w.add(task("t" + std::to_string(i), "", every(1h), nothing)));
    for (int hour = 0; hour != 3; ++hour) w.pass(1h);
    CHECK(w.tasks->state().outbox_dropped == 0);
    CHECK(w.history().size() >= 900);
}

TEST_CASE("a task that takes the uid of another goes on from where that was, once it is on record") {
    gated_world s;
    wall_time from = s.w.clock.now().wall;
    int began = 0;
    int ended = 0;
    REQUIRE(s.w.add(task("x", "", every(1s), sleeper{10s, &began, &ended})));
    s.w.pass(500ms);
    s.hold();
    s.w.pass(4s); // the skip of slot 1 is on its way, those of 2 to 4 wait for that
    REQUIRE(s.w.get<void>(s.w.tasks->async_remove("x")));
    std::optional<result<void>> added;
    s.w.tasks->async_add(task("x", "", every(1s), nothing), [&](result<void> r) { added = r; });
    REQUIRE(s.w.add(task("other", "", every(1h), nothing))); // which has nothing to wait for
    CHECK(!added);
    s.let_go();
    s.w.pass(3s);
    REQUIRE(added);
    CHECK(*added);
    CHECK(s.w.find("x").counters.skipped_not_owner == 0);
    CHECK(s.slots("x", from) == std::vector<std::int64_t>{0, 5'000'000, 6'000'000, 7'000'000});
}

TEST_CASE("nobody waits for a store that is down to take the uid of another task") {
    manager_options o;
    o.store_timeout = 2s;
    gated_world s(o);
    int began = 0;
    int ended = 0;
    REQUIRE(s.w.add(task("x", "", every(1s), sleeper{10s, &began, &ended})));
    s.w.pass(500ms);
    s.hold();
    s.w.pass(1s);
    REQUIRE(s.w.get<void>(s.w.tasks->async_remove("x")));
    std::optional<result<void>> added;
    auto again = [&] {
        added.reset();
        s.w.tasks->async_add(task("x", "", every(1s), nothing), [&](result<void> r) { added = r; });
    };
    again();
    s.w.pass(1s);
    CHECK(!added);
    s.w.pass(2s);
    REQUIRE(added);
    CHECK(added->error() == errc::store_failed);
    again();
    s.w.pass(0s);
    REQUIRE(added);
    CHECK(added->error() == errc::store_failed);
    s.let_go();
    s.w.pass(5s);
    again();
    s.w.pass(3s);
    REQUIRE(added);
    CHECK(*added);
    CHECK(s.w.find("x").counters.skipped_not_owner == 0);
    CHECK(s.w.find("x").counters.runs > 0);
}

TEST_SUITE_END();

} // namespace rondo::tests
