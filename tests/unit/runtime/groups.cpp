// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/groups");

TEST_CASE("tasks of a group share its limit, from the options on") {
    manager_options o;
    o.groups.push_back(group("db").runs_in_flight_max(2));
    world w(memory::open(), o);
    w.start();
    int began = 0;
    int ended = 0;
    for (const char* uid : {"a", "b", "c"}) {
        task t(uid, "", once(), sleeper{10s, &began, &ended});
        t.group("db").priority(uid[0] == 'c' ? 1 : 0);
        REQUIRE(w.add(std::move(t)));
    }
    w.pass(1s);
    CHECK(began == 2);
    CHECK(w.find("a").group == "db");
    CHECK(w.find("c").priority == 1);
    CHECK(w.find("c").slots_waiting == 1);
    auto groups = w.tasks->groups();
    REQUIRE(groups.size() == 1);
    CHECK(groups[0].name == "db");
    CHECK(groups[0].runs_in_flight_max == 2);
    CHECK(groups[0].runs_in_flight == 2);
    CHECK(groups[0].waiting == 1);
    w.pass(9s);
    CHECK(began == 3);
    w.pass(10s);
    CHECK(ended == 3);
}

TEST_CASE("a rate holds over time, and changes while it runs") {
    world w;
    w.start();
    REQUIRE(w.get<void>(w.tasks->async_set_group(group("api").starts_max(2, 1min))).has_value());
    for (int i = 0; i != 6; ++i) {
        task t("t" + std::to_string(i), "", once(), nothing);
        t.group("api");
        REQUIRE(w.add(std::move(t)));
    }
    auto runs = [&] { return w.history().size(); };
    w.pass(59s);
    CHECK(runs() == 2);
    CHECK(w.tasks->groups().at(0).starts == 2);
    w.pass(1s);
    CHECK(runs() == 4);
    REQUIRE(w.get<void>(w.tasks->async_set_group(group("api"))).has_value());
    w.pass(0s);
    CHECK(runs() == 6);
}

TEST_CASE("a group that is not known, or makes no sense, is refused") {
    world w;
    CHECK(w.get<void>(w.tasks->async_set_group(group("g"))).error() == errc::not_started);
    w.start();
    task t("t", "", once(), nothing);
    t.group("g");
    CHECK(w.add(std::move(t)).error() == errc::group_not_exists);
    CHECK(w.get<void>(w.tasks->async_set_group(group(""))).error() == errc::invalid_name);
    CHECK(w.get<void>(w.tasks->async_set_group(group("g").starts_max(1, 0s))).error() ==
          errc::invalid_option);
    task u("t", "", once(), nothing);
    u.priority(priority_limit + 1);
    CHECK(w.add(std::move(u)).error() == errc::invalid_option);
    CHECK(w.tasks->groups().empty());

    for (auto set : {+[](manager_options& o) { o.groups.push_back(group("")); },
                     +[](manager_options& o) { o.priority_ageing = 0s; },
                     +[](manager_options& o) { o.priority_ageing = 2h; }}) {
        manager_options bad;
        set(bad);
        world v(memory::open(), bad);
        CHECK(v.get<start_report>(v.tasks->async_start()).error() == errc::invalid_option);
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
