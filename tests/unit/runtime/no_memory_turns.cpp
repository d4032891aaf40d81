// SPDX-License-Identifier: BSL-1.0
// What waits for a place in the core, when there is no memory for its turn.
#include "allocations.hpp"
#include "world.hpp"

#include <core/scheduler.hpp>

#include <new>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/no_memory_turns");

namespace {

enum class waiting_for_place { slot, manual, retry };

/// A place for one run in all. "other" has it from 1 s on, while something of "t" waits for it.
struct crowded_core {
    using milliseconds = std::chrono::milliseconds;
    static inline const instant start{steady_time(1h), wall_time(1h)};
    static instant after(milliseconds d) { return {start.steady + d, start.wall + d}; }

    core::scheduler s;
    core::task_record* t;
    core::task_record* other;
    std::size_t begun = 0; ///< of "t"

    crowded_core(waiting_for_place what, overlap how) : s(one_place()) {
        using kind = waiting_for_place;
        t = add("t", every(1h), how, what == kind::slot ? 3s : what == kind::retry ? 0s : 1800s);
        other = add("other", once(), how, 1s);
        tick(0s);
        if (what == kind::retry) end(*t, core::body_end::failed, 500ms);
        tick(1s);
        REQUIRE(other->in_flight() == 1);
        if (what == kind::manual) {
            std::vector<user> who{user("a user whose id is long enough to need memory")};
            CHECK(s.trigger(*t, std::move(who), overlap::buffer_all, after(2s)).has_value());
        }
        tick(3s); // now it waits
    }

    static core::scheduler_options one_place() {
        core::scheduler_options o;
        o.runs_in_flight_max = 1;
        return o;
    }
    core::task_record* add(const char* uid, schedule when, overlap how, std::chrono::seconds first) {
        core::task_spec spec{.uid = uid,
                             .name = uid,
                             .when = std::move(when),
                             .overlap = how,
                             .payload = std::make_unique<core::task_payload>()};
        spec.policy.retry = {.attempts = 2, .backoff = 1s, .jitter = 0};
        task_state state;
        state.created = true;
        state.anchor = start.wall + first;
        state.next_slot = state.anchor;
        core::task_record* task = s.reserve(spec).value();
        CHECK(s.activate(*task, state, start).has_value());
        s.actions().clear();
        return task;
    }
    void tick(milliseconds at) {
        s.on_time(after(at));
        take(at);
    }
    void end(core::task_record& task, core::body_end how, milliseconds at) {
        s.ended(*task.runs(), how, after(at));
        take(at);
    }
    /// All that begin are there.
    void take(milliseconds at) {
        s.actions().clear();
        std::vector<core::decision> decided;
        s.take_decisions(decided);
        for (core::decision& d : decided) {
            if (d.run == nullptr) continue;
            begun += d.run->task == t ? 1 : 0;
            s.begun(*d.run, 1, after(at));
            s.actions().clear();
        }
    }
};

} // namespace

TEST_CASE("what waits for a place and finds no memory when it is free begins all the same, once") {
    using kind = waiting_for_place;
    auto play = [](kind what, overlap how, int n) {
        crowded_core c(what, how);
        const std::size_t before = c.begun;
        one_has_failed = false;
        allocations_left = n;
        bool thrown = false;
        try {
            c.s.ended(*c.other->runs(), core::body_end::success, c.after(4s));
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        allocations_left = -1;
        c.take(4s);
        if (thrown) { // then nothing has happened
            REQUIRE(c.other->runs() != nullptr);
            c.end(*c.other, core::body_end::success, 4s);
        }
        CHECK(c.other->runs() == nullptr);
        CHECK(c.s.next_wakeup(c.after(4s)) <= c.after(2h).steady);
        c.tick(5s);
        CHECK(c.begun == before + 1);
        CHECK(c.t->in_flight() == 1);
        return one_has_failed.load();
    };
    for (const kind what : {kind::slot, kind::manual, kind::retry})
        for (const overlap how : {overlap::skip, overlap::buffer_all, overlap::cancel_other}) {
            CAPTURE(static_cast<int>(what));
            CAPTURE(static_cast<int>(how));
            CHECK(with_each([&](int n) { return play(what, how, n); }) > 0);
        }
}

TEST_CASE("a start is answered, and can be tried again, wherever memory runs out") {
    if (!recycles() || std::getenv("RONDO_TEST_SHARDS") != nullptr) return;
    // Not with several shards: Asio's type-erased executors (Boost 1.81) cannot be copied without memory.
    const int n = with_each([](int failing) {
        world w;
        int answers = 0;
        bool started = false;
        w.tasks->async_start([&](const result<start_report>& r) {
            ++answers;
            started = r.has_value();
        });
        one_has_failed = false;
        allocations_left = failing;
        bool inside = true;
        try {
            w.context.poll();
        } catch (const std::bad_alloc&) { // of Asio, after a handler of ours
            inside = false;
        }
        allocations_left = -1;
        if (!one_has_failed || !inside) return false;
        w.context.restart();
        w.pass(1s);
        CHECK(answers == 1);
        CAPTURE(failing);
        if (!started) {
            const auto again = w.get<start_report>(w.tasks->async_start());
            CAPTURE((again ? "" : again.error().message()));
            CHECK(again.has_value());
        }
        for (const char* uid : {"a", "b", "c", "d", "e"}) CHECK(w.add(task(uid, "", once(), nothing)));
        w.pass(1s);
        const std::size_t runs = w.history().size();
        CHECK(runs == 5);
        return true;
    });
    CHECK(n > 3);
}

TEST_CASE("with the next input the time is looked at again, wherever memory ran out as it passed") {
    if (!recycles()) return;
    const int n = with_each([](int failing) {
        world w;
        w.start();
        rondo::task recurring("a", "", every(10s), nothing);
        recurring.first_run(after_interval);
        CHECK(w.add(std::move(recurring)));
        w.clock.advance(10s);
        one_has_failed = false;
        allocations_left = failing;
        try {
            w.context.restart();
            w.context.poll();
        } catch (const std::bad_alloc&) { // of Asio, after a handler of ours
        }
        allocations_left = -1;
        if (!one_has_failed) return false;
        w.context.restart();
        CHECK(w.add(task("b", "", once(), nothing))); // an input
        w.pass(35s);
        CAPTURE(failing);
        history_filter of_a;
        of_a.uid = "a";
        const std::size_t runs = w.history(of_a).size();
        CHECK(runs == 4);
        return true;
    });
    CHECK(n > 3);
}

TEST_SUITE_END();

} // namespace rondo::tests
