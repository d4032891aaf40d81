// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace rondo::tests {
namespace {

// Says when it is gone, and what runs of it did.
struct tracked {
    std::shared_ptr<int> alive; // its use count
    std::vector<std::string>* said;
    std::string word;
    std::chrono::nanoseconds d{0};
    asio::awaitable<void> operator()(context ctx) {
        if (d > 0s) (void)co_await ctx.async_sleep_for(d);
        said->push_back(word);
    }
};

} // namespace

TEST_SUITE_BEGIN("runtime/steering");

TEST_CASE("an update exchanges the body; a run in flight keeps its own, which goes when it ends") {
    world w;
    w.start();
    std::vector<std::string> said;
    auto old = std::make_shared<int>();
    auto fresh = std::make_shared<int>();
    REQUIRE(w.add(task("t", "old", every(10s), tracked{old, &said, "old", 15s})));
    w.pass(1s);
    auto stream = w.tasks->subscribe();
    task t("t", "new", every(10s), tracked{fresh, &said, "new", 0s});
    t.hidden();
    CHECK(w.get<void>(w.tasks->async_update(std::move(t))).has_value());
    CHECK(stream.try_next().value().kind == event_kind::task_updated);
    CHECK(w.find("t").name == "new");
    CHECK(w.find("t").hidden);
    CHECK(old.use_count() > 1);
    w.pass(15s);
    CHECK(said == std::vector<std::string>{"old"});
    CHECK(old.use_count() == 1);
    w.pass(5s);
    CHECK(said == std::vector<std::string>{"old", "new"});
    CHECK(w.find("t").counters.runs == 2);
    CHECK(w.get<void>(w.tasks->async_remove("t")).has_value());
    CHECK(fresh.use_count() == 1);
}

TEST_CASE("an updated schedule is what the next life finds") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    w.pass(5s);
    CHECK(w.get<void>(w.tasks->async_update(task("t", "", every(1min), nothing))).has_value());
    w.pass(5s);
    CHECK(w.find("t").counters.runs == 1);
    w.restart();
    w.start();
    REQUIRE(w.add(task("t", "", every(1min), nothing)));
    w.pass(49s);
    CHECK(w.find("t").counters.runs == 0);
    w.pass(1s);
    CHECK(w.find("t").counters.runs == 1);
    CHECK(w.history().size() == 2);
}

TEST_CASE("an update that cannot be is refused, and nothing has changed") {
    auto faulty = std::make_shared<faulty_repository>(memory::open());
    world w(faulty);
    w.start();
    REQUIRE(w.add(task("t", "name", every(10s), nothing)));
    CHECK(w.get<void>(w.tasks->async_update(task("u", "", every(1min), nothing))).error() ==
          errc::task_not_exists);
    CHECK(w.get<void>(w.tasks->async_update(task("t", "", every(0s), nothing))).error() ==
          errc::invalid_schedule);
    CHECK(w.get<void>(w.tasks->async_update(task("t", "", every(1min), nullptr))).error() ==
          errc::invalid_body);
    faulty->set("register_tasks", fault::fails);
    CHECK(w.get<void>(w.tasks->async_update(task("t", "", every(1min), nothing))).has_error());
    CHECK(w.find("t").interval == 10s);
    CHECK(w.find("t").name == "name");
}

TEST_CASE("a second add fails, keeps or replaces") {
    world w;
    w.start();
    std::vector<std::string> said;
    auto body = [&](const char* word) { return tracked{{}, &said, word, 0s}; };
    auto add = [&](const char* word, if_exists otherwise) {
        return w.get<void>(w.tasks->async_add(task("t", word, every(10s), body(word)), otherwise));
    };
    REQUIRE(add("first", if_exists::replace));
    CHECK(add("second", if_exists::fail).error() == errc::task_exists);
    CHECK(add("third", if_exists::keep).has_value());
    CHECK(w.find("t").name == "first");
    CHECK(add("fourth", if_exists::replace).has_value());
    w.pass(10s);
    CHECK(said.back() == "fourth");
    CHECK(w.find("t").name == "fourth");
}

TEST_CASE("a cancellation has a reason, which is the message of the run") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", every(1h), sleeper{10min, &began, &ended})));
    w.pass(1s);
    CHECK(w.get<void>(w.tasks->async_cancel(w.history().at(0).id, "the disk is full")).has_value());
    CHECK(w.history().at(0).outcome == outcome::cancelled);
    CHECK(w.history().at(0).message == "the disk is full");
    REQUIRE(w.get<run_id>(w.tasks->async_trigger("t")));
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t", "all of them")).value() == 1);
    CHECK(w.history().at(0).message == "all of them");
}

TEST_CASE("a run whose body will not stop can be given up, and its late result is dropped") {
    world w;
    w.start();
    REQUIRE(w.add(task("t", "", every(1h), stubborn{30s})));
    w.pass(1s);
    run_id id = w.history().at(0).id;
    CHECK(w.get<void>(w.tasks->async_detach(id)).has_value());
    CHECK(w.history().at(0).outcome == outcome::abandoned);
    CHECK(w.find("t").runs_overrunning == 1);
    CHECK(w.get<run_id>(w.tasks->async_trigger("t")).error() == errc::already_running);
    w.pass(30s);
    CHECK(w.history().at(0).outcome == outcome::abandoned);
    CHECK(w.find("t").runs_in_flight == 0);
    CHECK(w.get<void>(w.tasks->async_detach(id)).error() == errc::run_not_exists);
}

TEST_CASE("a backfill gives what became of it, is on record, and ends with whoever waits for it") {
    world w;
    w.start();
    int runs = 0;
    task t("t", "", every(1h), [&](context ctx) -> asio::awaitable<result<void>> {
        CHECK(ctx.trigger() == trigger::backfill);
        (void)co_await ctx.async_sleep_for(10s);
        if (++runs == 2) co_return errc::store_failed;
        co_return boost::outcome_v2::success();
    });
    t.first_run(after_interval);
    REQUIRE(w.add(std::move(t)));
    wall_time now = w.clock.now().wall;
    std::optional<result<backfill_progress>> got;
    w.tasks->async_backfill("t", now - 3h, now, overlap::buffer_all)(
        [&](result<backfill_progress> r) { got.emplace(std::move(r)); });
    w.pass(15s);
    CHECK(!got);
    CHECK(w.find("t").backfill.value().left == 1);
    w.pass(15s);
    REQUIRE(got);
    CHECK(got->value().succeeded == 2);
    CHECK(got->value().failed == 1);
    history_filter filter;
    filter.trigger = trigger::backfill;
    CHECK(w.history(filter).size() == 3);

    asio::cancellation_signal stop;
    got.reset();
    w.tasks->async_backfill("t", now - 3h, now, overlap::buffer_all)(asio::bind_cancellation_slot(
        stop.slot(), [&](result<backfill_progress> r) { got.emplace(std::move(r)); }));
    w.pass(5s);
    stop.emit(asio::cancellation_type::terminal);
    w.pass(0s);
    REQUIRE(got);
    CHECK(got->error() == asio::error::operation_aborted);
    w.pass(1min);
    CHECK(runs == 4);
    CHECK(w.find("t").backfill.value().skipped == 2);
    CHECK(w.get<backfill_progress>(w.tasks->async_backfill("t", now, now + 1h, overlap::skip)).error() ==
          errc::invalid_option);
    for (bool remove : {true, false}) {
        got.reset();
        if (!w.tasks->find("t")) REQUIRE(w.add(task("t", "", every(1h), sleeper{1h, &runs, &runs})));
        w.pass(0s);
        (void)w.get<std::size_t>(w.tasks->async_cancel("t"));
        w.tasks->async_backfill("t", now - 3h, now, overlap::buffer_all)(
            [&](result<backfill_progress> r) { got.emplace(std::move(r)); });
        w.pass(0s);
        if (remove)
            CHECK(w.get<void>(w.tasks->async_remove("t")).has_value());
        else
            (void)w.get<shutdown_report>(w.tasks->async_shutdown(0s));
        w.pass(10s);
        REQUIRE(got);
        if (got->has_error())
            CHECK(got->error() == errc::task_not_exists);
        else
            CHECK(got->value().skipped == 2);
    }
}

TEST_CASE("a second add keeps or replaces also while the first is being registered") {
    for (if_exists otherwise : {if_exists::keep, if_exists::replace})
        for (bool fails : {false, true}) {
            auto faulty = std::make_shared<faulty_repository>(memory::open());
            world w(faulty);
            w.start();
            faulty->set("register_tasks", fails ? fault::hangs : fault::waits);
            std::vector<error_code> answers;
            auto note = [&](result<void> r) { answers.push_back(r ? error_code() : r.error()); };
            w.tasks->async_add(task("t", "first", every(10s), nothing), note);
            w.tasks->async_add(task("t", "second", every(10s), nothing), otherwise, note);
            w.tasks->async_add(task("t", "third", every(10s), nothing), note);
            w.pass(1s);
            CHECK(answers == std::vector<error_code>{errc::task_exists});
            faulty->set("register_tasks", fault::none);
            faulty->let_go();
            w.pass(10s);
            REQUIRE(answers.size() == 3);
            CHECK(answers[1] == (fails ? error_code(errc::store_timeout) : error_code()));
            CHECK(answers[2] == error_code());
            CHECK(w.find("t").name == (fails || otherwise == if_exists::replace ? "second" : "first"));
        }
}

TEST_CASE("an update that the repository answers while its task is being removed comes too late") {
    auto slow = std::make_shared<faulty_repository>(memory::open());
    manager_options patient;
    patient.store_timeout = 1min;
    world w(slow, patient);
    w.start();
    for (bool again : {false, true}) {
        task t("t", "", every(10s), stubborn{20s});
        t.overlap(overlap::allow_all);
        REQUIRE(w.add(std::move(t)));
        w.pass(5s);
        slow->set("register_tasks", fault::waits);
        std::optional<result<void>> updated;
        std::optional<result<void>> removed;
        w.tasks->async_update(task("t", "", every(7s), nothing), [&](result<void> r) { updated = r; });
        w.tasks->async_remove("t", [&](result<void> r) { removed = r; });
        w.pass(3s);
        CHECK_FALSE(updated);
        slow->set("register_tasks", fault::none);
        if (again) { // the uid is another task's when the answer comes
            w.pass(20s);
            REQUIRE(w.add(task("t", "", every(1h), nothing)));
        }
        slow->let_go();
        w.pass(0s);
        REQUIRE(updated);
        CHECK(updated->error() == errc::task_not_exists);
        std::size_t runs = w.history().size();
        w.pass(1min);
        CHECK(w.history().size() == runs);
        REQUIRE(removed);
        CHECK(removed->has_value());
        if (again) CHECK(w.find("t").interval == 1h);
    }
}

TEST_CASE("who cancels all runs of a task ends its backfill too") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    task t("t", "", every(1h), sleeper{1min, &began, &ended});
    t.first_run(after_interval);
    REQUIRE(w.add(std::move(t)));
    std::optional<result<backfill_progress>> progress;
    auto now = w.clock.now().wall;
    w.tasks->async_backfill("t", now - 1000h, now, overlap::allow_all,
                            [&](result<backfill_progress> p) { progress = p; });
    w.pass(1s);
    CHECK(began == static_cast<int>(backfill_in_flight_max));
    CHECK(w.get<std::size_t>(w.tasks->async_cancel("t")).value() == backfill_in_flight_max);
    w.pass(1s);
    CHECK(began == static_cast<int>(backfill_in_flight_max));
    REQUIRE(progress);
    CHECK(progress->value().failed == backfill_in_flight_max);
    CHECK(progress->value().skipped == 1000 - backfill_in_flight_max);
}

TEST_SUITE_END();

} // namespace rondo::tests
