// SPDX-License-Identifier: BSL-1.0
// Several who want the same slots at the same moment: those who come later ask again, and wait in the end, for the
// transaction of whoever was first.
#include <repository/postgres_claim_steps.hpp>

#include <rondo/run.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace rondo::testing {
namespace {

TEST_SUITE_BEGIN("repository/postgres_claims");

// Whoever finds the first locked asks again later, and waits in the end; whoever finds another waits for it.
TEST_CASE("whoever comes too late for one slot gets the others, and hears where the cursor is") {
    for (const std::size_t which : {0u, 1u, 2u, 3u, 4u, 5u}) {
        const std::size_t late = which % 3;
        CAPTURE(late);
        const bool careful = which >= 3;
        CAPTURE(careful);
        const shared_place place;
        const repository_ptr r = with_three_tasks(place, careful);
        const transaction other(place);
        other.say(moves_task(place, late));
        other.say(begins_task(place, late, id(9), "'another'"));
        const auto answers = answers_behind(place, r, other, "commit");
        REQUIRE(answers.size() == 3);
        for (std::size_t task = 0; task != 3; ++task) {
            CAPTURE(task);
            const bool had = task != late;
            CHECK(answers[task].state == (had ? begin_state::recorded : begin_state::conflict));
            CHECK(answers[task].next_slot == at(1));
            CHECK(answers[task].token == (had ? 1 : 0));
            CHECK((answers[task].held_until < steady_time::max()) == had);
        }
        CHECK(place.runs() == "3");
    }
}

TEST_CASE("whoever waited for one who gave up has all") {
    for (const std::size_t which : {0u, 1u, 2u, 3u}) {
        const std::size_t left = which % 2;
        CAPTURE(left);
        const shared_place place;
        const repository_ptr r = with_three_tasks(place, which >= 2);
        const transaction other(place);
        other.say(moves_task(place, left));
        const auto answers = answers_behind(place, r, other, "rollback");
        CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
        CHECK(place.runs() == "3");
    }
}

// Or two who want the same would wait for each other.
TEST_CASE("tasks are locked in one order, in whichever they are claimed") {
    const shared_place place;
    bool careful = false;
    SUBCASE("by who gets all, mostly") {
        careful = false;
    }
    SUBCASE("by who does not") {
        careful = true;
    }
    const repository_ptr r = with_three_tasks(place, careful);
    for (const std::size_t third : {2u, 0u}) {
        CAPTURE(third);
        std::vector<begin_request> claims;
        for (const std::size_t task : {third, std::size_t{1}, 2 - third})
            claims.push_back(step(task, third == 2 ? 0 : 1, 10 * third + task + 1));
        const transaction other(place);
        other.say("update " + place.table("task") + " set paused = false where uid = '" + uid_of(1) + "'");
        const auto answers = answers_behind(place, r, other, "rollback", claims, [&] {
            const transaction none(place);
            none.say("set local lock_timeout = '1s'");
            none.say("update " + place.table("task") + " set paused = false where uid = '" + uid_of(2) + "'");
        });
        CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
    }
}

// As if the answer to the first claim had been lost while it was under way.
TEST_CASE("whoever waited for himself has his run") {
    const shared_place place;
    bool careful = false;
    SUBCASE("who gets all, mostly") {
        careful = false;
    }
    SUBCASE("who does not") {
        careful = true;
    }
    const repository_ptr r = with_three_tasks(place, careful);
    REQUIRE(begin(r, one_begin(uid_of(0), 7)[0]).state == begin_state::recorded);
    const std::string node = "(select node from " + place.table("run") + " limit 1)";
    place.sql("update " + place.table("run") + " set finished_at = 1, outcome = 'success'");
    const transaction before(place);
    before.say(moves_task(place, 1));
    before.say(begins_task(place, 1, id(2), node));
    const auto answers = answers_behind(place, r, before, "commit");
    CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
    CHECK(answers[1].token == 1);
    CHECK(answers[1].next_slot == at(1));
    CHECK(place.runs() == "4");
}

TEST_CASE("a task that was only paused meanwhile is had all the same") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const transaction other(place);
    other.say("update " + place.table("task") + " set paused = true where uid = '" + uid_of(1) + "'");
    const auto answers = answers_behind(place, r, other, "commit");
    CHECK(std::ranges::count(answers, begin_state::recorded, &begin_answer::state) == 3);
    CHECK(place.sql("select paused from " + place.table("task") + " where uid = '" + uid_of(1) + "'") == "t");
}

// Whichever of them it was told by.
TEST_CASE("a task that others changed while its slot was waited for is left to them") {
    const std::pair<const char*, begin_state> changes[] = {
        {"schedule = 'every 7s'", begin_state::superseded},
        {"next_slot = 5000000", begin_state::conflict},
        {"token = token + 1", begin_state::recorded}, // as a run by hand that is over does
    };
    for (const bool careful : {false, true}) {
        CAPTURE(careful);
        for (const auto& [change, expected] : changes) {
            CAPTURE(change);
            const shared_place place;
            const repository_ptr r = with_three_tasks(place, careful);
            const transaction other(place);
            other.say("update " + place.table("task") + " set " + change + " where uid = '" + uid_of(1) +
                      "'");
            const auto answers = answers_behind(place, r, other, "commit");
            CHECK(answers[0].state == begin_state::recorded);
            CHECK(answers[1].state == expected);
            CHECK(answers[2].state == begin_state::recorded);
            CHECK(place.runs() == (expected == begin_state::recorded ? "3" : "2"));
        }
    }
}

// Of two runs of one task, neither of which may be beside the other, the second waits for the first.
TEST_CASE("a run by hand that began meanwhile is seen") {
    const shared_place place;
    bool careful = false;
    SUBCASE("by who gets all, mostly") {
        careful = false;
    }
    SUBCASE("by who does not") {
        careful = true;
    }
    const repository_ptr r = with_three_tasks(place, careful);
    const transaction other(place);
    other.say("update " + place.table("task") + " set token = token + 1 where uid = '" + uid_of(1) + "'");
    other.say("insert into " + place.table("run") +
              " (id, task, \"trigger\", scheduled_at, started_at, token, node, lease_until) select '" +
              to_string(id(9)) + "', id, 'manual', 0, 0, 1, 'another', 4000000000000000 from " +
              place.table("task") + " where uid = '" + uid_of(1) + "'");
    const auto answers = answers_behind(place, r, other, "commit");
    CHECK(answers[0].state == begin_state::recorded);
    CHECK(answers[1].state == begin_state::conflict); // as it overlaps, which is on record
    CHECK(answers[1].next_slot == at(1));
    CHECK(answers[2].state == begin_state::recorded);
    CHECK(place.sql("select reason from " + place.table("skip")) == "overlap");
    CHECK(place.runs() == "3");
}

TEST_CASE("what was begun is held while the rest of the call cannot be decided") {
    const shared_place place(3s);
    const repository_ptr r = with_three_tasks(place);
    const repository_ptr other = place.join();
    REQUIRE(begin(other, one_begin(uid_of(1), 8)[0]).state == begin_state::recorded);
    const transaction stopped(place);
    stopped.say("update " + place.table("task") + " set paused = false where uid = '" + uid_of(1) + "'");
    const auto end = std::chrono::steady_clock::now() + 5s; // `other` would have taken it over by then
    do CHECK(error_of(r->begin_runs(three_claims())) == errc::store_locked);
    while (std::chrono::steady_clock::now() < end);
    CHECK(place.sql("select outcome is null and lease_until > extract(epoch from now()) * 1000000 from " +
                    place.table("run") + " where id = '" + to_string(id(1)) + "'") == "t");
    stopped.say("rollback");
    const auto answers = blocking(r->begin_runs(three_claims())).value();
    CHECK(answers[0].state == begin_state::recorded);
    CHECK(answers[1].state == begin_state::conflict);
    CHECK(answers[1].next_slot == at(1));
    CHECK(answers[2].state == begin_state::recorded);
    CHECK(place.runs() == "3");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
