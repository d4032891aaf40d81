// SPDX-License-Identifier: BSL-1.0
// Tasks that are spread over several strands.
#include "sharded.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/shards");

TEST_CASE("options that cannot hold over several shards are refused, and it can be started without") {
    const std::vector<void (*)(manager_options&)> bad{
        [](manager_options& o) { o.shards = 0; },
        [](manager_options& o) { o.shards = shards_max + 1; },
        [](manager_options& o) { o.shards = std::size_t(-1); },
        [](manager_options& o) { o.runs_in_flight_max = 1; },
    };
    for (auto spoil : bad) {
        manager_options o = three();
        spoil(o);
        world w(memory::open(), o);
        CHECK(w.get<start_report>(w.tasks->async_start()).error() == errc::invalid_option);
        CHECK(w.add(task("a", "", once(), nothing)).error() == errc::not_started);
    }
    manager_options most = three();
    most.shards = shards_max;
    world w(memory::open(), most);
    CHECK(w.get<start_report>(w.tasks->async_start()).has_value());
}

TEST_CASE("a repository that does not say that it serves several strands is not asked to") {
    auto store = std::make_shared<plain_repository>(memory::open());
    CHECK_FALSE(store->serves_many_strands());
    world w(store, three());
    CHECK(w.get<start_report>(w.tasks->async_start()).error() == errc::invalid_option);
}

TEST_CASE("the repository is started once, and what it found is told") {
    sharded_world s;
    s.store->set("start", fault::fails);
    CHECK(s.w.get<start_report>(s.w.tasks->async_start()).error() == errc::store_failed);
    for (const char* uid : {"a0", "a1", "a2"})
        CHECK(s.w.add(task(uid, "", once(), nothing)).error() == errc::not_started);
    s.store->set("start", fault::none);
    s.w.start();
    CHECK(s.counted->starts == 2);
    CHECK(s.w.get<start_report>(s.w.tasks->async_start()).error() == errc::already_started);
    CHECK(s.counted->starts == 2);
    for (const char* uid : {"a0", "a1", "a2"}) s.add(uid);
    s.w.pass(1s);
    CHECK(s.w.history().size() == 3);
}

TEST_CASE("two who start it at once: one does") {
    sharded_world s;
    std::vector<result<start_report>> got;
    for (int i = 0; i != 2; ++i)
        s.w.tasks->async_start([&](result<start_report> r) { got.push_back(std::move(r)); });
    s.w.pass(0s);
    REQUIRE(got.size() == 2);
    CHECK(got[0].error() == errc::already_started);
    CHECK(got[1].has_value());
    CHECK(s.counted->starts == 1);
    s.add("a2");
}

TEST_CASE("each operation finds the task where it is") {
    sharded_world s;
    s.w.start();
    for (const char* uid : {"a0", "a1", "a2"}) {
        CAPTURE(uid);
        s.add(uid);
        s.w.pass(1s); // its first run
        CHECK(s.w.add(task(uid, "", once(), nothing)).error() == errc::task_exists);
        CHECK(s.w.find(uid).counters.runs == 1);
        CHECK(s.w.tasks->next_runs(uid, 2).value().size() == 2);
        CHECK(s.w.tasks->previous_runs(uid, s.w.clock.now().wall, 2).value().size() == 1);
        CHECK(s.w.tasks->explain(uid, s.w.clock.now().wall).has_value());
        CHECK(s.w.get<void>(s.w.tasks->async_pause(uid)));
        CHECK(s.w.find(uid).paused);
        CHECK(s.w.get<void>(s.w.tasks->async_resume(uid)));
        CHECK(s.w.get<void>(s.w.tasks->async_update(task(uid, "named", every(2h), nothing))));
        CHECK(s.w.find(uid).name == "named");
        CHECK(s.w.get<run>(s.w.tasks->async_run(uid)).value().trigger == trigger::manual);
        CHECK(s.w.get<std::size_t>(s.w.tasks->async_cancel(std::string(uid))).value() == 0);
        const wall_time now = s.w.clock.now().wall;
        auto filled =
            s.w.get<backfill_progress>(s.w.tasks->async_backfill(uid, now - 5h, now, overlap::allow_all));
        CHECK(filled.has_value());
        CHECK(s.w.get<void>(s.w.tasks->async_remove(uid)));
        CHECK(s.w.tasks->find(uid).error() == errc::task_not_exists);
    }
}

TEST_CASE("a run is found by its id, wherever it was made") {
    sharded_world s;
    s.w.start();
    std::set<std::uint64_t> makers;
    std::vector<run_id> ids;
    int began = 0;
    int ended = 0;
    for (const char* uid : {"a0", "a1", "a2"}) {
        task t(uid, "", every(1h), sleeper{10s, &began, &ended});
        t.first_run(after_interval);
        REQUIRE(s.w.add(std::move(t)));
        ids.push_back(s.w.get<run_id>(s.w.tasks->async_trigger(uid)).value());
        makers.insert(ids.back().low & 0xff);
    }
    CHECK(makers == std::set<std::uint64_t>{0, 1, 2});
    s.w.pass(1s);
    for (run_id id : ids)
        CHECK_FALSE(s.w.get<std::optional<run>>(s.w.tasks->async_run_of(id)).value()->outcome);
    std::vector<outcome> waited;
    for (run_id id : ids)
        s.w.tasks->async_wait(id, [&](const result<run>& r) { waited.push_back(*r.value().outcome); });
    CHECK(s.w.get<void>(s.w.tasks->async_cancel(ids[1])));
    CHECK(s.w.get<void>(s.w.tasks->async_detach(ids[2])));
    s.w.pass(20s);
    CHECK(waited == std::vector{outcome::cancelled, outcome::abandoned, outcome::success});
    for (run_id id : ids) {
        CHECK(s.w.get<run>(s.w.tasks->async_wait(id)).value().id == id); // on record
        CHECK(s.w.get<void>(s.w.tasks->async_cancel(id)).error() == errc::run_not_exists);
    }
    const run_id strange{1, 0xff};
    CHECK(s.w.get<run>(s.w.tasks->async_wait(strange)).error() == errc::run_not_exists);
    CHECK_FALSE(s.w.get<std::optional<run>>(s.w.tasks->async_run_of(strange)).value());
}

TEST_CASE("tasks that share a group are of one shard, that of the first, or refused") {
    manager_options o = three();
    o.groups.push_back(group("db").runs_in_flight_max(1));
    sharded_world s(std::move(o));
    s.w.start();
    auto in = [](const char* uid, const char* name) {
        task t(uid, "", once(), nothing);
        t.group(name);
        return t;
    };
    task impossible = in("a0", "db");
    impossible.timeout(-1s);
    CHECK(s.w.add(std::move(impossible)).error() == errc::invalid_option); // nothing of it is kept
    CHECK(s.w.add(in("a0", "none")).error() == errc::group_not_exists);
    CHECK(s.w.add(in("a1", "db")));
    CHECK(s.w.add(in("b1", "db")));
    CHECK(s.w.add(in("a2", "db")).error() == errc::invalid_option);
    CHECK(s.w.logged("of another shard"));
    CHECK(s.w.tasks->find("a2").error() == errc::task_not_exists);
    s.add("a2"); // its uid is free
    CHECK(s.w.get<void>(s.w.tasks->async_update(in("a2", "db"))).error() == errc::invalid_option);
    CHECK(s.w.find("a2").group.empty());
    REQUIRE(s.w.get<void>(s.w.tasks->async_set_group(group("api"))));
    CHECK(s.w.get<void>(s.w.tasks->async_update(in("a2", "api"))));
    s.w.pass(1s);
    const auto groups = s.w.tasks->groups();
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].name == "api");
    CHECK(groups[1].name == "db");
    CHECK(groups[1].runs_in_flight_max == 1);
}

TEST_CASE("the limit of a group holds in its shard, and is told of") {
    manager_options o = three();
    o.groups.push_back(group("db").runs_in_flight_max(1));
    sharded_world s(std::move(o));
    s.w.start();
    int began = 0;
    int ended = 0;
    for (const char* uid : {"a2", "b2"}) {
        task t(uid, "", once(), sleeper{10s, &began, &ended});
        t.group("db");
        REQUIRE(s.w.add(std::move(t)));
    }
    s.w.pass(1s);
    CHECK(began == 1);
    CHECK(s.w.tasks->groups().at(0).runs_in_flight == 1);
    CHECK(s.w.tasks->groups().at(0).waiting == 1);
    CHECK(s.w.tasks->state().runs_waiting == 1);
    CHECK(s.w.tasks->state().runs_in_flight == 1);
    s.w.pass(20s);
    CHECK(ended == 2);
}

TEST_CASE("a task follows one of its own shard, and no other") {
    sharded_world s;
    s.w.start();
    s.add("a1");
    s.add("a2");
    CHECK(s.w.add(task("b2", "", after("a1"), nothing)).error() == errc::invalid_option);
    CHECK(s.w.logged("it follows a1, of another shard"));
    CHECK(s.w.add(task("b2", "", after("c0"), nothing)).error() == errc::invalid_option); // nor one to come
    CHECK(s.w.add(task("b2", "", after("a2"), nothing)));
    CHECK(s.w.get<void>(s.w.tasks->async_update(task("b2", "", after("a1"), nothing))).error() ==
          errc::invalid_option);
    s.w.pass(1h);
    CHECK(s.w.find("b2").counters.runs >= 1);
}

TEST_CASE("what is told of all is put together") {
    sharded_world s;
    s.w.start();
    task hidden("h2", "", every(1h), nothing);
    hidden.hidden();
    REQUIRE(s.w.add(std::move(hidden)));
    task late("z0", "", every(1h), nothing);
    late.first_run(s.w.clock.now().wall + 3h);
    REQUIRE(s.w.add(std::move(late)));
    task early("y1", "", every(1h), nothing);
    early.first_run(s.w.clock.now().wall + 1h);
    REQUIRE(s.w.add(std::move(early)));
    task middle("x2", "", every(1h), nothing);
    middle.first_run(s.w.clock.now().wall + 2h);
    REQUIRE(s.w.add(std::move(middle)));
    s.w.pass(1s);
    std::vector<std::string> uids;
    for (const stat& one : s.w.tasks->stats()) uids.push_back(one.uid.str());
    CHECK(uids == std::vector<std::string>{"y1", "x2", "z0"});
    CHECK(s.w.tasks->stats(true).size() == 4);
    CHECK(s.w.tasks->state().tasks == 4);
    CHECK_FALSE(s.w.tasks->state().paused);
    auto events = s.w.tasks->subscribe(16);
    CHECK(s.w.get<void>(s.w.tasks->async_pause_all()));
    CHECK(s.w.tasks->state().paused);
    CHECK(events.try_next()->kind == event_kind::task_paused);
    CHECK_FALSE(events.try_next().has_value()); // once
    s.w.pass(4h);
    CHECK(s.w.history().size() == 1); // of the first task, before
    CHECK(s.w.get<void>(s.w.tasks->async_resume_all(resume_from::the_past)));
    s.w.pass(1s);
    CHECK(s.w.history().size() == 5);
}

} // namespace rondo::tests
