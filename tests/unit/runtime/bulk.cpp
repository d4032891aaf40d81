// SPDX-License-Identifier: BSL-1.0
// Many tasks in one call.
#include "faulty_repository.hpp"
#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rondo::tests {
namespace {

/// Writes down which calls there are that make tasks come and go.
class watched final : public testing::forwarding_repository {
public:
    using forwarding_repository::forwarding_repository;

    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        registered.push_back(tasks.size());
        for (const task_definition& t : tasks) said.push_back("+" + t.uid.str());
        return inner_->register_tasks(std::move(tasks));
    }
    awaitable<void> update_tasks(std::vector<task_update> updates) override {
        updated.push_back(updates.size());
        for (const task_update& u : updates) said.push_back("-" + u.uid.str());
        return inner_->update_tasks(std::move(updates));
    }

    std::vector<std::size_t> registered; ///< so many in each call
    std::vector<std::size_t> updated;    ///< likewise
    std::vector<std::string> said;
};

std::string uid_of(std::size_t i) {
    return fmt::format("t{}", i);
}

std::vector<task> tasks_of(std::size_t n, schedule when = every(1h)) {
    std::vector<task> all;
    for (std::size_t i = 0; i != n; ++i) all.emplace_back(uid_of(i), "", when, nothing);
    return all;
}

std::vector<std::string> uids_of(std::size_t n) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i != n; ++i) all.push_back(uid_of(i));
    return all;
}

std::vector<task> only(task t) {
    std::vector<task> one;
    one.push_back(std::move(t));
    return one;
}

bulk_report added(world& w, std::vector<task> all) {
    return w.get<bulk_report>(w.tasks->async_add(std::move(all))).value();
}

/// All those of `n` from `first` on, and nothing else, failed like this.
bool failed_from(const bulk_report& r, std::size_t first, std::size_t n, error_code why) {
    if (r.succeeded != first || r.failures.size() != n - first) return false;
    for (std::size_t i = 0; i != r.failures.size(); ++i)
        if (r.failures[i].index != first + i || r.failures[i].error != why) return false;
    return true;
}

} // namespace

TEST_SUITE_BEGIN("runtime/bulk");

TEST_CASE("of tasks that are added in one call each fares by itself") {
    world w;
    w.start();
    REQUIRE(w.add(task("t1", "", every(1h), nothing)));
    std::vector<task> all = tasks_of(4);
    all.emplace_back("", "", every(1h), nothing);
    all.emplace_back("zero", "", every(0s), nothing);
    all.emplace_back("t0", "", every(1h), nothing);
    all.emplace_back("last", "", every(1h), nothing);
    const bulk_report r = added(w, std::move(all));
    CHECK(r.succeeded == 4);
    REQUIRE(r.failures.size() == 4);
    auto failed = [&](std::size_t i, std::size_t index, errc why) {
        CHECK(r.failures[i].index == index);
        CHECK(r.failures[i].error == why);
    };
    failed(0, 1, errc::task_exists);
    failed(1, 4, errc::invalid_uid);
    failed(2, 5, errc::invalid_schedule);
    failed(3, 6, errc::task_exists);
    CHECK(w.logged("task zero: not taken"));
    CHECK(w.tasks->stats().size() == 5);
    w.pass(2h);
    for (const char* uid : {"t0", "t1", "t2", "t3", "last"}) CHECK(w.find(uid).counters.succeeded > 0);
}

TEST_CASE("nothing in a call is done at once, and before the start it is refused as a whole") {
    world w;
    CHECK(w.get<bulk_report>(w.tasks->async_add(tasks_of(2))).error() == errc::not_started);
    CHECK(w.get<bulk_report>(w.tasks->async_remove(uids_of(2))).error() == errc::not_started);
    w.start();
    CHECK(added(w, std::vector<task>()).succeeded == 0);
    CHECK(w.get<bulk_report>(w.tasks->async_remove(std::vector<std::string>())).value().failures.empty());
    CHECK(w.get<shutdown_report>(w.tasks->async_shutdown(0s)).has_value());
    CHECK(w.get<bulk_report>(w.tasks->async_add(tasks_of(2))).error() == errc::shutting_down);
    CHECK(w.get<bulk_report>(w.tasks->async_remove(uids_of(2))).error() == errc::shutting_down);
}

TEST_CASE("many tasks go to the repository in parts, and others have their turn in between") {
    auto store = std::make_shared<watched>(memory::open());
    world w(store);
    w.start();
    constexpr std::size_t n = 10'500;
    bool over = false;
    int turns = 0; // of others, before it is over
    std::function<void()> next = [&] {
        if (over) return;
        ++turns;
        asio::post(w.context, next);
    };
    w.tasks->async_add(tasks_of(n), [&](result<bulk_report> r) {
        over = true;
        CHECK(r.value().succeeded == n);
        CHECK(r.value().failures.empty());
    });
    asio::post(w.context, next);
    w.pass(0s);
    CHECK(over);
    CHECK(store->registered.size() == 11);
    CHECK(std::ranges::max(store->registered) == 1000);
    CHECK(turns > 11);
    CHECK(store->said.size() == n);
    CHECK(store->said.front() == "+t0");
    CHECK(store->said.back() == "+t10499");

    over = false;
    turns = 0;
    w.tasks->async_remove(uids_of(n), [&](result<bulk_report> r) {
        over = true;
        CHECK(r.value().succeeded == n);
    });
    asio::post(w.context, next);
    w.pass(0s);
    CHECK(over);
    CHECK(w.tasks->stats(true).empty());
    CHECK(store->updated.size() == 11);
    CHECK(std::ranges::max(store->updated) == 1000);
    CHECK(turns > 11);
}

TEST_CASE("where a uid is taken the others of its call do not mind") {
    world w;
    w.start();
    REQUIRE(w.add(task("t0", "old", every(1h), nothing)));
    auto with = [&](if_exists otherwise) {
        std::vector<task> all;
        all.emplace_back("t0", "new", every(2h), nothing);
        all.emplace_back("t1", "first", every(1h), nothing);
        all.emplace_back("t1", "second", every(1h), nothing);
        return w.get<bulk_report>(w.tasks->async_add(std::move(all), otherwise)).value();
    };
    CHECK(with(if_exists::keep).succeeded == 3);
    CHECK(w.find("t0").name == "old");
    CHECK(w.find("t1").name == "first");
    CHECK(with(if_exists::replace).succeeded == 3);
    CHECK(w.find("t0").name == "new");
    CHECK(w.find("t1").name == "second");
    const bulk_report r = with(if_exists::fail);
    CHECK(failed_from(r, 0, 3, errc::task_exists));
}

TEST_CASE("of many that replace others only so many are on their way to the repository at once") {
    auto slow = std::make_shared<faulty_repository>(memory::open());
    auto store = std::make_shared<watched>(slow);
    world w(store);
    w.start();
    CHECK(added(w, tasks_of(2500)).succeeded == 2500);
    store->registered.clear();
    slow->set("register_tasks", fault::waits);
    std::optional<bulk_report> report;
    w.tasks->async_add(tasks_of(2500, every(2h)), if_exists::replace,
                       [&](result<bulk_report> r) { report = r.value(); });
    for (const std::size_t asked : {1000u, 2000u, 2500u}) {
        w.pass(0s);
        CHECK(store->registered.size() == asked);
        CHECK(!report.has_value());
        slow->let_go();
    }
    w.pass(0s);
    REQUIRE(report.has_value());
    CHECK(report->succeeded == 2500);
    CHECK(w.find("t2499").interval == 2h);
}

TEST_CASE("tasks of one call may follow each other") {
    world w;
    w.start();
    std::vector<task> all;
    all.emplace_back("b", "", after("a"), nothing);
    all.emplace_back("a", "", every(1h), nothing);
    all.emplace_back("c", "", after("b"), nothing);
    CHECK(added(w, std::move(all)).failures.empty());
    w.pass(90min);
    for (const char* uid : {"a", "b", "c"}) CHECK(w.find(uid).counters.succeeded == 2);
}

TEST_CASE("a store that fails is told for each task, and none of them is there") {
    auto store = std::make_shared<faulty_repository>(memory::open());
    world w(store);
    w.start();
    store->set("register_tasks", fault::fails);
    CHECK(failed_from(added(w, tasks_of(1500)), 0, 1500, errc::store_failed));
    CHECK(w.tasks->stats(true).empty());
    store->set("register_tasks", fault::none);
    CHECK(added(w, tasks_of(1500)).succeeded == 1500);
    store->set("update_tasks", fault::fails);
    const auto r = w.get<bulk_report>(w.tasks->async_remove(uids_of(1500)));
    CHECK(failed_from(r.value(), 0, 1500, errc::store_failed));
    CHECK(w.tasks->stats(true).empty()); // all the same
}

TEST_CASE("a shutdown answers for those that are left") {
    auto store = std::make_shared<faulty_repository>(memory::open());
    world w(store);
    w.start();
    store->set("register_tasks", fault::waits);
    std::vector<bulk_report> reports;
    auto note = [&](result<bulk_report> r) { reports.push_back(r.value()); };
    w.tasks->async_add(tasks_of(2500), note);
    w.tasks->async_add(only(task("other", "", every(1h), nothing)), note);
    w.pass(0s);
    CHECK(reports.empty());
    CHECK(w.get<shutdown_report>(w.tasks->async_shutdown(0s)).has_value());
    REQUIRE(reports.size() == 2);
    std::ranges::sort(reports, {}, [](const bulk_report& r) { return r.failures.size(); });
    CHECK(failed_from(reports[0], 0, 1, errc::shutting_down));
    CHECK(failed_from(reports[1], 0, 2500, errc::shutting_down));
    store->let_go();
    w.pass(1s);
    CHECK(reports.size() == 2);
}

TEST_CASE("who is destroyed answers for those that are left, and whose context is destroyed does not") {
    for (bool context_first : {false, true}) {
        CAPTURE(context_first);
        int answers = 0;
        {
            auto store = std::make_shared<faulty_repository>(memory::open());
            std::optional<world> w(std::in_place, store);
            w->start();
            REQUIRE(w->add(task("running", "", every(1h), stubborn{5s})));
            store->set("register_tasks", fault::hangs);
            w->tasks->async_add(tasks_of(2500), [&](result<bulk_report> r) {
                CHECK(failed_from(r.value(), 0, 2500, errc::shutting_down));
                ++answers;
            });
            w->tasks->async_remove(std::vector<std::string>{"running", "none"}, [&](result<bulk_report> r) {
                CHECK(r.value().failures.size() == 2);
                ++answers;
            });
            w->pass(0s);
            CHECK(answers == 0);
            if (!context_first) {
                w->tasks.reset();
                w->pass(1min);
            }
        }
        CHECK(answers == (context_first ? 0 : 2));
    }
}

TEST_CASE("of tasks that are removed in one call each fares by itself, and the call waits for the last") {
    world w;
    w.start();
    CHECK(added(w, tasks_of(3)).succeeded == 3);
    REQUIRE(w.add(task("slow", "", every(1h), stubborn{5s})));
    w.pass(1s);
    std::optional<bulk_report> report;
    w.tasks->async_remove(std::vector<std::string>{"t0", "none", "slow", "t1", "t0"},
                          [&](result<bulk_report> r) { report = r.value(); });
    w.pass(1s);
    CHECK(!report.has_value());
    CHECK(w.tasks->find("t0").error() == errc::task_not_exists);
    CHECK(w.find("t2").uid == "t2");
    w.pass(5s);
    REQUIRE(report.has_value());
    CHECK(report->succeeded == 3);
    REQUIRE(report->failures.size() == 2);
    CHECK(report->failures[0].index == 1);
    CHECK(report->failures[1].index == 4);
    CHECK(report->failures[0].error == errc::task_not_exists);
    CHECK(report->failures[1].error == errc::task_not_exists);
    history_filter of_slow;
    of_slow.uid = "slow";
    CHECK(w.history(of_slow).at(0).outcome.has_value());
}

TEST_CASE("who stops waiting for removals does not stop them") {
    world w;
    w.start();
    CHECK(added(w, tasks_of(3000)).succeeded == 3000);
    REQUIRE(w.add(task("slow", "", every(1h), stubborn{5s})));
    w.pass(1s);
    asio::cancellation_signal signal;
    std::optional<error_code> answer;
    auto uids = uids_of(3000);
    uids.insert(uids.begin(), "slow");
    w.tasks->async_remove(
        std::move(uids),
        asio::bind_cancellation_slot(signal.slot(), [&](result<bulk_report> r) { answer = r.error(); }));
    w.context.restart();
    w.context.run_one();
    signal.emit(asio::cancellation_type::terminal);
    w.pass(0s);
    REQUIRE(answer.has_value());
    CHECK(*answer == asio::error::operation_aborted);
    CHECK(w.tasks->stats(true).size() == 1);
    w.pass(5s);
    CHECK(w.tasks->stats(true).empty());
}

TEST_CASE("the repository hears that a task is gone before its uid is registered again") {
    auto store = std::make_shared<watched>(memory::open());
    world w(store);
    w.start();
    REQUIRE(w.add(task("a", "", every(1h), nothing)));
    w.pass(1s);
    store->said.clear();
    // The handler that registers is on its way already when the task goes.
    w.tasks->async_add(task("b", "", every(1h), nothing), [](result<void> r) { CHECK(r.has_value()); });
    w.tasks->async_remove("a", [](result<void> r) { CHECK(r.has_value()); });
    w.tasks->async_add(task("a", "again", every(1h), nothing), [](result<void> r) { CHECK(r.has_value()); });
    w.pass(0s);
    CHECK(store->said == std::vector<std::string>{"-a", "+b", "+a"});
    CHECK(w.find("a").name == "again");
}

TEST_CASE("those that must wait for what is on its way to the repository hold up no others of their call") {
    auto store = std::make_shared<faulty_repository>(memory::open());
    manager_options o;
    o.record = record::write_behind;
    world w(store, o);
    w.start();
    store->set("finish_runs", fault::waits);
    CHECK(added(w, tasks_of(1500, once())).succeeded == 1500);
    w.pass(1s); // all have run, and nobody knows that an end of them is on record
    CHECK(w.get<bulk_report>(w.tasks->async_remove(uids_of(1500))).value().succeeded == 1500);
    std::vector<task> all = tasks_of(1500);
    all.emplace_back("other", "", every(1h), nothing);
    std::optional<bulk_report> report;
    w.tasks->async_add(std::move(all), [&](result<bulk_report> r) { report = r.value(); });
    w.pass(0s);
    CHECK(!report.has_value());
    CHECK(w.find("other").uid == "other");
    store->set("finish_runs", fault::none);
    store->let_go();
    w.pass(1s);
    REQUIRE(report.has_value());
    CHECK(report->succeeded == 1501);
}

TEST_CASE("tasks that go in one turn are told to the repository together") {
    auto store = std::make_shared<watched>(memory::open());
    world w(store);
    w.start();
    CHECK(added(w, tasks_of(2005)).succeeded == 2005);
    w.pass(1s);
    int answers = 0;
    for (const std::string& uid : uids_of(2005))
        w.tasks->async_remove(uid, [&](result<void> r) { answers += r.has_value() ? 1 : 0; });
    w.pass(0s);
    CHECK(answers == 2005);
    CHECK(store->updated == std::vector<std::size_t>{1000, 1000, 5});
}

TEST_SUITE_END();

} // namespace rondo::tests
