// SPDX-License-Identifier: BSL-1.0
// What becomes of tasks in the core when there is no memory.
#include "allocations.hpp"
#include "world.hpp"

#include <core/scheduler.hpp>

#include <new>
#include <utility>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/no_memory_core");

TEST_CASE("a task that follows and finds no memory is not there, and can be added again") {
    int n = 0;
    for (bool thrown = true; thrown; ++n) {
        CAPTURE(n);
        core::scheduler s({});
        core::task_spec spec{.uid = "b",
                             .name = "a long name, that needs memory",
                             .when = after("another task with a long uid"),
                             .payload = std::make_unique<core::task_payload>()};
        allocations_left = n;
        try {
            (void)s.reserve(spec);
            thrown = false;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        if (!thrown) break;
        CHECK(s.find("b") == nullptr);
        REQUIRE(spec.payload != nullptr);
        CHECK(s.reserve(spec).has_value());
    }
    CHECK(n > 3);
}

TEST_CASE("a slot that takes the place of one that waits leaves it there if it finds no memory") {
    const instant start{steady_time(1h), wall_time(1h)};
    auto after = [&](std::chrono::seconds d) { return instant{start.steady + d, start.wall + d}; };
    int n = 0;
    for (bool thrown = true; thrown; ++n) {
        CAPTURE(n);
        core::scheduler_options o;
        o.runs_in_flight_max = 2;
        core::scheduler s(o);
        auto spec = [](const char* uid, schedule when) {
            core::task_spec t{.uid = uid,
                              .name = uid,
                              .when = std::move(when),
                              .overlap = overlap::cancel_other,
                              .payload = std::make_unique<core::task_payload>()};
            t.policy.tolerance = 4s;
            return t;
        };
        std::vector<core::decision> made;
        auto begin_all = [&](instant now) {
            s.take_decisions(made);
            for (core::decision& d : std::exchange(made, {}))
                if (d.run != nullptr) s.begun(*d.run, 1, now);
            s.actions().clear();
        };
        auto add = [&](const char* uid, schedule when) {
            core::task_spec t = spec(uid, std::move(when));
            task_state state;
            state.created = true;
            state.anchor = start.wall;
            state.next_slot = start.wall;
            CHECK(s.activate(*s.reserve(t).value(), state, start).has_value());
        };
        auto end_run_of = [&](const char* uid, instant now) {
            s.ended(*s.find(uid)->runs(), core::body_end::success, now);
            s.actions().clear();
        };
        add("a", every(10s));
        s.on_time(start);
        begin_all(start);
        s.on_time(after(14s)); // the slot waits for the run of the one before
        s.actions().clear();
        add("b", once());
        add("c", once());
        s.on_time(after(14s)); // there is a place for one of them
        begin_all(after(14s));
        end_run_of("a", after(15s)); // now it waits for a place, behind the other
        begin_all(after(15s));
        REQUIRE(s.find("a")->slots_waiting() == 1);
        REQUIRE(s.find("a")->runs() == nullptr);
        core::task_spec again = spec("a", every(10s));
        allocations_left = n;
        try {
            (void)s.update(*s.find("a"), again, after(21s));
            thrown = false;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        s.actions().clear();
        s.on_time(after(31s));
        end_run_of("b", after(32s));
        begin_all(after(32s));
        CHECK(s.find("a")->runs() != nullptr);
    }
    CHECK(n > 2);
}

TEST_CASE("a task that may be late and finds no memory is not there, nor waited for") {
    const instant now{steady_time(1h), wall_time(1h)};
    int n = 0;
    for (bool thrown = true; thrown; ++n) {
        CAPTURE(n);
        core::scheduler s({});
        core::task_spec spec{
            .uid = "t", .name = "t", .when = every(1min), .payload = std::make_unique<core::task_payload>()};
        spec.policy.tolerance = 1s;
        core::task_record* task = nullptr;
        allocations_left = n;
        try {
            task = s.reserve(spec).value();
            task_state state;
            state.created = true;
            state.anchor = now.wall;
            state.next_slot = now.wall;
            (void)s.activate(*task, state, now);
            thrown = false;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        if (!thrown) {
            CHECK(s.next_wakeup(now) == now.steady + 1s);
            continue;
        }
        if (task != nullptr) CHECK(s.forget(*task) != nullptr);
        CHECK(s.find("t") == nullptr);
        CHECK(s.next_wakeup(now) == steady_time::max());
        s.on_time({now.steady + 1h, now.wall + 1h});
        CHECK(s.actions().empty());
    }
    CHECK(n > 3);
}

namespace {

/// One task, every 10 s from `start` on, and what becomes of its slots. Memory may run out in an input, which comes again
/// then, as the runtime has it.
struct poor_core {
    static inline const instant start{steady_time(1h), wall_time(1h)};
    static instant after(std::chrono::seconds d) { return {start.steady + d, start.wall + d}; }

    core::scheduler s{{}};
    core::task_record* task = nullptr;
    std::vector<core::decision> decided;
    std::size_t runs = 0;
    std::uint64_t skips = 0;
    bool thrown = false;

    explicit poor_core(overlap how, std::chrono::seconds since = 0s) {
        core::task_spec spec{.uid = "t",
                             .name = "t",
                             .when = every(10s),
                             .overlap = how,
                             .payload = std::make_unique<core::task_payload>()};
        spec.policy.catch_up.grace = 1s;
        task_state state;
        state.anchor = start.wall - since;
        state.next_slot = state.anchor;
        task = s.reserve(spec).value();
        CHECK(s.activate(*task, state, start).has_value());
        s.actions().clear();
    }

    template <class Input>
    void with(int allocations, Input input) {
        bool failed = false;
        allocations_left = allocations;
        try {
            input();
        } catch (const std::bad_alloc&) {
            failed = true;
        }
        allocations_left = -1;
        if (failed) {
            s.actions().clear(); // obeyed, as after any other input
            input();
        }
        thrown = thrown || failed;
        take();
    }
    void tick(std::chrono::seconds at, int allocations = -1) {
        with(allocations, [&] { s.on_time(after(at)); });
    }
    /// All that begin are there.
    void take() {
        s.actions().clear();
        s.take_decisions(decided);
        for (core::decision& d : std::exchange(decided, {})) {
            if (d.request.skipped) skips += d.request.skipped->count;
            if (d.run == nullptr) continue;
            CHECK(d.request.started.has_value());
            ++runs;
            s.begun(*d.run, 1, start);
        }
        s.actions().clear();
    }
    void end(std::chrono::seconds at, int allocations = -1) {
        core::run_record& run = *task->runs();
        with(allocations, [&] { s.ended(run, core::body_end::success, after(at)); });
    }
};

} // namespace

TEST_CASE("a slot that falls due and finds no memory runs all the same, once") {
    CHECK(with_each([](int n) {
              poor_core c(overlap::skip);
              c.tick(0s, n);
              CHECK(c.runs == 1);
              CHECK(c.task->in_flight() == 1);
              CHECK(c.task->counts().runs == 1);
              c.end(1s);
              c.tick(10s);
              CHECK(c.runs == 2);
              CHECK(c.skips == 0);
              return c.thrown;
          }) > 2);
}

TEST_CASE("slots that were missed are told once, wherever the memory ran out") {
    for (overlap how : {overlap::skip, overlap::buffer_all})
        CHECK(with_each([how](int n) {
                  poor_core c(how, 95s);
                  c.tick(0s, n);
                  CHECK(c.runs == 1);
                  CHECK(c.skips == 9);
                  CHECK(c.task->counts().skipped_missed == 9);
                  CHECK(c.task->slots_waiting() == 0);
                  return c.thrown;
              }) > 2);
}

TEST_CASE("a slot that is to wait and finds no memory waits all the same, and runs once") {
    CHECK(with_each([](int n) {
              poor_core c(overlap::buffer_all);
              c.tick(0s);
              c.tick(10s, n);
              CHECK(c.runs == 1);
              CHECK(c.task->slots_waiting() == 1);
              c.end(11s);
              CHECK(c.runs == 2);
              CHECK(c.task->slots_waiting() == 0);
              CHECK(c.task->in_flight() == 1);
              return c.thrown;
          }) > 1);
}

TEST_CASE("a run that ends without memory lets the slot that waits for it run, once") {
    (void)with_each([](int n) { // which may need none: room for it was made before
        poor_core c(overlap::buffer_all);
        c.tick(0s);
        c.tick(10s);
        REQUIRE(c.task->slots_waiting() == 1);
        c.end(11s, n);
        c.tick(12s);
        CHECK(c.runs == 2);
        CHECK(c.task->slots_waiting() == 0);
        CHECK(c.task->in_flight() == 1);
        return c.thrown;
    });
}

TEST_CASE("slots that are missed behind one that waits are told once") {
    for (overlap how : {overlap::buffer_all, overlap::buffer_one, overlap::cancel_other}) {
        CAPTURE(static_cast<int>(how));
        CHECK(with_each([how](int n) {
                  poor_core c(how);
                  c.tick(0s);
                  if (how != overlap::cancel_other) c.tick(10s);
                  c.tick(45s, n);
                  if (how != overlap::cancel_other)
                      c.end(46s); // until then they wait to be told, behind the first
                  const std::uint64_t missed = how == overlap::cancel_other ? 3 : 2;
                  CHECK(c.task->counts().skipped_missed == missed);
                  return c.thrown;
              }) > 0);
    }
}

TEST_CASE("a run by hand that finds no memory is not there, and can be asked for again") {
    CHECK(with_each([](int n) {
              poor_core c(overlap::skip);
              const std::vector<user> who{user("a user whose id is long enough to need memory")};
              bool begun = false;
              c.with(n, [&] { begun = c.s.trigger(*c.task, who, {}, poor_core::after(1s)).has_value(); });
              CHECK(begun);
              CHECK(c.runs == 1);
              CHECK(c.task->in_flight() == 1);
              return c.thrown;
          }) > 2);
}

TEST_SUITE_END();

} // namespace rondo::tests
