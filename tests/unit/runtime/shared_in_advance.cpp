// SPDX-License-Identifier: BSL-1.0
// Slots that are asked for a little before they are due.
#include "shared_world.hpp"

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

/// Its task is due 10 s after its begin, and it does not know yet how long the repository takes.
struct early_world : fleet_world {
    early_world() {
        start();
        task t("t", "", every(10s), [this](rondo::context ctx) -> asio::awaitable<void> {
            begun.push_back(ctx.now().wall);
            slot = ctx.scheduled_at();
            co_return;
        });
        t.first_run(after_interval);
        REQUIRE(add(std::move(t)));
    }
    /// It has asked for the slot, which is due in `lead`.
    void ask() {
        pass(10s - lead - 1us);
        REQUIRE(others->asked.empty());
        pass(1us);
        REQUIRE(others->asked.size() == 1);
        CHECK(others->asked[0].in_advance);
        CHECK(begun.empty());
    }

    std::vector<wall_time> begun;
    wall_time slot{};
    const wall_time due = clock.now().wall + 10s;
};

} // namespace

TEST_SUITE_BEGIN("runtime/shared_in_advance");

TEST_CASE("a run whose slot was asked for in advance begins when it is due") {
    early_world w;
    auto stream = w.tasks->subscribe();
    w.ask();
    CHECK(w.history().size() == 1);
    CHECK(w.find("t").status == status::waiting);
    CHECK(w.find("t").next_run == w.due);
    w.pass(lead - 1us);
    CHECK(w.begun.empty());
    CHECK_FALSE(stream.try_next().has_value());
    w.pass(1us);
    CHECK(w.begun == std::vector<wall_time>{w.due});
    CHECK(w.slot == w.due);
    CHECK(stream.try_next().value().kind == event_kind::run_started);
    REQUIRE(w.history().size() == 1);
    CHECK(w.history()[0].scheduled_at == w.due);
    CHECK(w.history()[0].started_at == w.due);
    CHECK(w.history()[0].outcome == outcome::success);
    CHECK(w.find("t").start_delay == lateness{});
}

TEST_CASE("each run waits for its own slot") {
    early_world w;
    w.pass(4ms);
    int others = 0;
    task later("later", "", every(10s), [&]() -> asio::awaitable<void> {
        ++others;
        co_return;
    });
    REQUIRE(w.add(std::move(later.first_run(after_interval))));
    w.pass(10s - 5ms);
    CHECK(w.others->asked.size() == 2);
    CHECK(w.begun.empty());
    w.pass(1ms);
    CHECK(w.begun.size() == 1);
    w.pass(4ms - 1us);
    CHECK(others == 0);
    w.pass(1us);
    CHECK(others == 1);
}

// It answers at once, which this is the first to say.
TEST_CASE("whoever gets an answer at once need not ask in advance") {
    early_world w;
    w.ask();
    w.pass(20s + lead - 1ms); // the second was scheduled before
    CHECK(w.others->asked.size() == 2);
    w.pass(1ms);
    REQUIRE(w.others->asked.size() == 3);
    CHECK_FALSE(w.others->asked[2].in_advance);
    CHECK(w.begun.size() == 3);
}

TEST_CASE("a slot that cannot be had in advance is asked for when it is due") {
    early_world w;
    w.others->answer = [](const begin_request& r) {
        return begin_answer{begin_state::not_yet, r.expected, 0};
    };
    w.ask();
    CHECK(w.find("t").next_run == w.due);
    CHECK(w.find("t").counters.runs == 0);
    w.others->answer = nullptr;
    w.pass(lead - 1us);
    CHECK(w.others->asked.size() == 1);
    w.pass(1us);
    REQUIRE(w.others->asked.size() == 2);
    CHECK_FALSE(w.others->asked[1].in_advance);
    CHECK(w.begun == std::vector<wall_time>{w.due});
    CHECK(w.find("t").counters.runs == 1);
    CHECK(w.find("t").counters.skipped_not_owner == 0);
}

TEST_CASE("a slot that was not asked for in advance, and is not to be had yet, is another's") {
    early_world w;
    w.ask();
    w.pass(15s);
    w.others->answer = [](const begin_request& r) { return begin_answer{begin_state::not_yet, r.next, 0}; };
    w.pass(10s);
    REQUIRE(w.others->asked.size() == 3);
    CHECK_FALSE(w.others->asked[2].in_advance);
    CHECK(w.begun.size() == 2);
    CHECK(w.find("t").counters.skipped_not_owner == 1);
    w.others->answer = nullptr;
    w.pass(10s);
    CHECK(w.begun.size() == 3);
}

TEST_CASE("a run that is lost before its slot is due never begins") {
    early_world w;
    w.ask();
    w.tell_lost(run_in_flight(w));
    w.pass(1s);
    CHECK(w.begun.empty());
    CHECK(w.history()[0].outcome == outcome::interrupted);
}

TEST_CASE("an answer that came in time, but is not trusted any more when the slot is due, begins nothing") {
    early_world w;
    w.others->answer = [&](const begin_request& r) {
        return begin_answer{begin_state::recorded, r.next, 1, w.clock.now().steady + 3ms};
    };
    w.ask();
    w.pass(1s);
    CHECK(w.begun.empty());
    CHECK(w.find("t").counters.interrupted == 1);
}

TEST_CASE("a run that is cancelled before its slot is due never begins") {
    early_world w;
    w.ask();
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t", "no")).value() == 1);
    w.pass(1s);
    CHECK(w.begun.empty());
    CHECK(w.history()[0].outcome == outcome::cancelled);
    CHECK(w.history()[0].message == "no");
}

// There is nothing on record that could end.
TEST_CASE("whoever cancels a run that cannot be had in advance does not cancel the slot") {
    early_world w;
    w.others->answer = [&](const begin_request& r) {
        CHECK(w.tasks->find("t").value().counters.runs == 1);
        w.tasks->async_cancel("t", "no")([](const result<std::size_t>&) {});
        return begin_answer{begin_state::not_yet, r.expected, 0};
    };
    w.ask();
    w.others->answer = nullptr;
    w.pass(lead);
    CHECK(w.begun.size() == 1);
}

TEST_CASE("a task that is removed before its slot is due does not run, and is gone then") {
    early_world w;
    w.ask();
    std::optional<result<void>> gone;
    w.tasks->async_remove("t")([&](result<void> r) { gone = std::move(r); });
    w.pass(lead);
    REQUIRE(gone.has_value());
    CHECK(gone->has_value());
    CHECK(w.begun.empty());
    CHECK(w.history()[0].outcome == outcome::cancelled);
}

TEST_CASE("a shutdown before the slot is due interrupts its run") {
    early_world w;
    w.ask();
    std::optional<result<shutdown_report>> over;
    w.tasks->async_shutdown(0s)([&](result<shutdown_report> r) { over = std::move(r); });
    w.pass(lead);
    REQUIRE(over.has_value());
    REQUIRE(over->has_value());
    CHECK(over->value().still_running.empty());
    CHECK(over->value().unrecorded == 0);
    CHECK(w.begun.empty());
    w.restart();
    w.start();
    CHECK(w.history()[0].outcome == outcome::interrupted);
}

TEST_CASE("a slot whose call failed is asked for again when it is due") {
    early_world w;
    w.others->answer = [](const begin_request&) -> begin_answer { throw std::runtime_error("no"); };
    w.ask();
    w.others->answer = nullptr;
    w.pass(1s);
    REQUIRE(w.others->asked.size() == 2);
    CHECK_FALSE(w.others->asked[1].in_advance);
    CHECK(w.others->asked[1].started->id == w.others->asked[0].started->id);
    CHECK(w.begun.size() == 1);
}

TEST_CASE("a task that the repository does not know runs no sooner either") {
    early_world w;
    w.others->answer = [](const begin_request&) { return begin_answer{begin_state::unknown_task, {}, 0}; };
    w.ask();
    w.pass(lead - 1us);
    CHECK(w.begun.empty());
    w.pass(1us);
    CHECK(w.begun == std::vector<wall_time>{w.due});
}

// Intervals keep their pace.
TEST_CASE("a clock that is set while a slot is asked for makes it neither early nor late") {
    for (const auto step : {-1h, 1h}) {
        early_world w;
        w.others->answer = [&](const begin_request& r) {
            w.tell_clock(step);
            return begin_answer{begin_state::recorded, r.next, 1};
        };
        w.ask();
        w.pass(lead - 1us);
        CHECK(w.begun.empty());
        w.pass(1us);
        CHECK(w.begun == std::vector<wall_time>{w.due + step});
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
