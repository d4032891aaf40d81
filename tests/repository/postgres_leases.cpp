// SPDX-License-Identifier: BSL-1.0
// Several managers on the same tables.
#include <rondo/clock.hpp>

#include <repository/postgres_shared_place.hpp>

namespace rondo::testing {
namespace {

TEST_SUITE_BEGIN("repository/postgres_leases");

TEST_CASE("a lease that one failed renewal would end is refused") {
    postgres_place place;
    place.options.operation_timeout = 301ms;
    place.options.lease = 1s;
    CHECK(postgres::open(place.server(), place.options).error() == errc::invalid_option);
    place.options.operation_timeout = 300ms;
    CHECK(postgres::open(place.server(), place.options).has_value());
    place.options.operation_timeout = 1ms;
    for (const auto wrong : {-1ms, 1ms, 99ms, 3'600'001ms}) {
        place.options.lease = wrong;
        CHECK(postgres::open(place.server(), place.options).error() == errc::invalid_option);
    }
}

TEST_CASE("only what is shared is watched") {
    const postgres_place alone;
    CHECK_FALSE(alone.open()->is_shared());
    CHECK(error_of(alone.open()->watch()) == errc::invalid_option);
    CHECK(shared_place().open()->is_shared());
}

TEST_CASE("each slot goes to one") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    const begin_answer first = begin(a, exclusive(step(0, 0, 1)));
    CHECK(first.state == begin_state::recorded);
    const begin_answer second = begin(b, exclusive(step(0, 0, 2)));
    CHECK(second.state == begin_state::conflict);
    CHECK(second.next_slot == at(1));
    CHECK(place.runs() == "1");
    CHECK(finish(b, 1, 0, first.token + 1) == finish_state::fenced);
    CHECK(finish(a, 1, 0, first.token) == finish_state::recorded);
}

TEST_CASE("a slot whose task runs elsewhere is skipped, and the cursor moves on") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    REQUIRE(begin(a, exclusive(step(0, 0, 1))).state == begin_state::recorded);
    begin_request late = exclusive(step(0, 1, 2));
    late.next = at(5);
    late.started->scheduled_at = at(4);
    late.skipped = skip_range{skip_reason::missed, at(1), at(3), 3};
    const begin_answer answer = begin(b, late);
    CHECK(answer.state == begin_state::conflict);
    CHECK(answer.next_slot == at(5));
    CHECK(answer.token == 0);
    CHECK(place.runs() == "1");
    CHECK(place.sql("select string_agg(reason || ' ' || slots, ', ' order by first_slot) from " +
                    place.table("skip")) == "missed 3, overlap 1");
    SUBCASE("but for those that may run beside each other") {
        CHECK(begin(b, step(0, 5, 3)).state == begin_state::recorded);
    }
    SUBCASE("until it is over") {
        REQUIRE(finish(a, 1, 0, 1) == finish_state::recorded);
        CHECK(begin(b, exclusive(step(0, 5, 3))).state == begin_state::recorded);
    }
}

TEST_CASE("a run by hand waits for nobody, and changes nothing") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    REQUIRE(begin(a, by_hand(1)).state == begin_state::recorded);
    CHECK(begin(b, by_hand(2)).state == begin_state::busy);
    CHECK(place.runs() == "1");
    CHECK(place.sql("select count(*) from " + place.table("skip")) == "0");
}

TEST_CASE("a begin that is repeated is answered to whom it belongs, while it goes on") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    const begin_answer first = begin(a, exclusive(step(0, 0, 1)));
    place.sql("update " + place.table("run") + " set lease_until = 1");
    const begin_answer repeated = begin(a, exclusive(step(0, 0, 1)));
    CHECK(repeated.state == begin_state::recorded);
    CHECK(repeated.token == first.token);
    CHECK(place.sql("select lease_until > 1 from " + place.table("run")) == "t");
    CHECK(begin(b, exclusive(step(0, 0, 1))).state == begin_state::conflict);
    REQUIRE(finish(a, 1, 0, first.token) == finish_state::recorded);
    CHECK(begin(a, exclusive(step(0, 0, 1))).state == begin_state::conflict); // it is over
}

TEST_CASE("each further attempt at a slot goes to one") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    REQUIRE(begin(a, exclusive(step(0, 0, 1))).state == begin_state::recorded);
    place.sql("update " + place.table("run") + " set outcome = 'abandoned', finished_at = started_at");
    CHECK(begin(b, again(0, 2, 2)).state == begin_state::recorded);
    CHECK(begin(a, again(0, 3, 2)).state == begin_state::conflict);
    REQUIRE(finish(b, 2, 0, 2) == finish_state::recorded);
    CHECK(begin(a, again(0, 3, 2)).state == begin_state::conflict);
    CHECK(finish(a, 1, 0, 1) == finish_state::fenced);
    auto unknown = one_end(uid_of(0), 4); // an end without a begin, of an attempt that is another's
    unknown[0].run.trigger = trigger::retry;
    unknown[0].run.attempt = 2;
    unknown[0].run.scheduled_at = at(0);
    CHECK(blocking(a->finish_runs(unknown)).value().at(0) == finish_state::fenced);
    CHECK(place.runs() == "2");
}

TEST_CASE("who has another schedule than the one on record moves nothing") {
    const shared_place place;
    const repository_ptr old = place.join("every 10s");
    const repository_ptr fresh = place.join("every 5s");
    const begin_answer answer = begin(old, exclusive(step(0, 0, 1)));
    CHECK(answer.state == begin_state::superseded);
    CHECK(answer.next_slot == at(0));
    CHECK(begin(old, by_hand(2)).state == begin_state::recorded);
    begin_request beside = step(0, 0, 3);
    CHECK(begin(fresh, beside).state == begin_state::recorded);
}

/// Two that come with the same new schedule, when the cursor is at 1 s.
std::vector<repository_ptr> two_with_new_schedule(const shared_place& place) {
    const repository_ptr before = place.join();
    REQUIRE(begin(before, step(0, 0, 1)).state == begin_state::recorded);
    REQUIRE(finish(before, 1, 0, 1) == finish_state::recorded);
    auto changed = some_tasks(1);
    changed[0].schedule = "every 500ms";
    std::vector<repository_ptr> both;
    for (int i = 0; i != 2; ++i) {
        both.push_back(place.open());
        REQUIRE(blocking(both[i]->start(at(0))).has_value());
        const auto states = blocking(both[i]->register_tasks(changed)).value();
        CHECK(states[0].schedule_changed);
        CHECK(states[0].next_slot == at(1));
    }
    return both;
}

// Both hear that the cursor is of another schedule, and take a slot of their own before it, behind which it is where it
// was.
TEST_CASE("of two who come with the same new schedule one decides its first slot") {
    const wall_time own = at(0) + 500ms;
    const auto run = [&](std::uint64_t n) {
        begin_request r = step(0, 1, n);
        r.next = at(1);
        r.started->scheduled_at = own;
        return r;
    };
    begin_request skip = run(0);
    skip.started.reset();
    skip.skipped = skip_range{skip_reason::missed, own, own, 1};
    begin_request move = skip;
    move.skipped.reset();
    for (const begin_request& first : {run(2), skip, move})
        for (const begin_request& second : {run(3), skip, move}) {
            CAPTURE(first.started.has_value());
            CAPTURE(first.skipped.has_value());
            CAPTURE(second.started.has_value());
            CAPTURE(second.skipped.has_value());
            const shared_place place;
            const auto both = two_with_new_schedule(place);
            CHECK(begin(both[0], first).state == begin_state::recorded);
            if (!first.started)
                CHECK(begin(both[0], first).state == begin_state::conflict); // to who has not heard it
            const begin_answer a = begin(both[1], second);
            CHECK(a.state == begin_state::conflict);
            CHECK(a.next_slot == at(1));
            CHECK(begin(both[1], second).state ==
                  begin_state::conflict); // who has not heard that, and asks again
            CHECK(place.sql("select count(*) from " + place.table("skip")) == (first.skipped ? "1" : "0"));
            CHECK(place.runs() == (first.started ? "2" : "1"));
            CHECK(begin(both[1], step(0, 1, 4)).state == begin_state::recorded); // as anybody would
        }
}

// Alone, and beside others in the statement for all kinds.
TEST_CASE("a slot at the cursor is had by whoever comes with the same new schedule after another has moved "
          "it there") {
    for (const bool beside : {false, true}) {
        CAPTURE(beside);
        const shared_place place;
        const auto both = two_with_new_schedule(place);
        begin_request before = step(0, 1, 2);
        before.next = at(1);
        before.started->scheduled_at = at(0) + 500ms;
        REQUIRE(begin(both[0], before).state == begin_state::recorded);
        std::vector<begin_request> wanted{step(0, 1, 3)};
        if (beside) wanted.push_back(one_begin("another", 4)[0]);
        if (beside) REQUIRE(blocking(both[1]->register_tasks(one_task("another"))).has_value());
        CHECK(blocking(both[1]->begin_runs(wanted)).value().at(0).state == begin_state::recorded);
    }
}

TEST_CASE("whoever registers a new schedule again does not have what another has decided meanwhile") {
    const shared_place place;
    const auto both = two_with_new_schedule(place);
    begin_request skip = step(0, 1, 2);
    skip.next = at(1);
    skip.started.reset();
    skip.skipped = skip_range{skip_reason::missed, at(0) + 500ms, at(0) + 500ms, 1};
    REQUIRE(begin(both[0], skip).state == begin_state::recorded);
    auto again = some_tasks(1);
    again[0].schedule = "every 500ms";
    again[0].name = shared_string("renamed");
    CHECK_FALSE(blocking(both[1]->register_tasks(again)).value().at(0).schedule_changed);
    CHECK(begin(both[1], skip).state == begin_state::conflict);
}

TEST_CASE("whoever comes with a new schedule goes on from its own first slot, in the same call") {
    const shared_place place;
    const auto both = two_with_new_schedule(place);
    std::vector<begin_request> two{step(0, 1, 2), step(0, 1, 3)};
    two[0].next = at(1);
    two[0].started->scheduled_at = at(0) + 500ms;
    const auto answers = blocking(both[0]->begin_runs(two)).value();
    CHECK(answers[0].state == begin_state::recorded);
    CHECK(answers[1].state == begin_state::recorded);
    CHECK(answers[1].next_slot == at(2));
}

TEST_CASE("what a manager has left is ended by another, which hears of it") {
    const shared_place place(1s);
    repository_ptr gone = place.join();
    begin_request lost = exclusive(step(0, 0, 1));
    lost.attempts_max = 3;
    REQUIRE(begin(gone, lost).state == begin_state::recorded);
    const repository_ptr other = place.join();
    CHECK(finish(other, 1, 0, 7) == finish_state::fenced);
    gone.reset();
    const repository_news n = wait_for(other, [](const auto& news) { return !news.abandoned.empty(); });
    REQUIRE(n.abandoned.size() == 1);
    const run& r = n.abandoned[0];
    CHECK(r.id == id(1));
    CHECK(r.uid == uid_of(0));
    CHECK(r.attempt == 1);
    CHECK(r.outcome == outcome::abandoned);
    CHECK(place.sql("select finished_at >= lease_until from " + place.table("run")) == "t");
    // Until somebody tries it again.
    (void)wait_for(other, [](const auto& news) { return !news.abandoned.empty(); });
    const std::string to_look_at =
        "select count(*) from " + place.table("run") +
        " where attempt < attempts_max and outcome in ('abandoned', 'interrupted')";
    CHECK(place.sql(to_look_at) == "1");
    begin_request second = again(0, 2, 2);
    second.attempts_max = 3;
    REQUIRE(begin(other, second).state == begin_state::recorded);
    CHECK(place.sql(to_look_at) == "0");
    // And that is lost, too.
    place.sql("update " + place.table("run") +
              " set outcome = 'abandoned', finished_at = extract(epoch from now()) * 1000000, message = '" +
              std::string(abandoned_message) + "' where outcome is null");
    const repository_news last = wait_for(other, [](const auto& news) {
        return !news.abandoned.empty() &&
               news.abandoned[0].attempt == 2; // what was told before may come first
    });
    CHECK(last.abandoned.size() == 1);
}

TEST_CASE("of very many slots that were lost at the same moment each is told") {
    const shared_place place(1s);
    const repository_ptr r = place.join();
    place.sql("insert into " + place.table("task") +
              " (uid, name, schedule, hidden, anchor) values ('of another', '', '', false, 0)");
    place.sql("insert into " + place.table("run") +
              " (id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, message, token, "
              "attempts_max) select gen_random_uuid(), id, 'schedule', n, 0, 0, 'abandoned', '" +
              std::string(abandoned_message) + "', 1, 2 from " + place.table("task") +
              ", generate_series(1, 2500) n where uid = 'of another'");
    REQUIRE(begin(r, exclusive(step(0, 0, 1))).state == begin_state::recorded); // the last by its id
    place.sql("update " + place.table("run") + " set outcome = 'abandoned', message = '" +
              std::string(abandoned_message) +
              "', attempts_max = 2, finished_at = extract(epoch from now()) * 1000000");
    const repository_news n = wait_for(r, [](const auto& news) { return !news.abandoned.empty(); });
    REQUIRE(n.abandoned.size() == 1);
    CHECK(n.abandoned[0].id == id(1));
}

TEST_CASE("a run goes on for as long as it is renewed, whatever the manager does") {
    const std::chrono::seconds lease(3);
    const shared_place place(lease);
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    const begin_answer first = begin(a, exclusive(step(0, 0, 1)));
    const std::string granted = place.sql("select lease_until from " + place.table("run")).value();
    // Nobody calls `a` for longer than that; `b` looks all the time, and would take it.
    const auto end = std::chrono::steady_clock::now() + lease + 1s;
    while (std::chrono::steady_clock::now() < end) (void)blocking(b->users());
    CHECK(place.sql("select lease_until > " + granted + " + 1000000 and outcome is null from " +
                    place.table("run")) == "t");
    CHECK(finish(a, 1, 0, first.token) == finish_state::recorded);
}

TEST_CASE("who is robbed of a run hears of it") {
    const shared_place place(1s);
    const repository_ptr a = place.join();
    REQUIRE(begin(a, exclusive(step(0, 0, 1))).state == begin_state::recorded);
    place.sql("update " + place.table("run") + " set outcome = 'abandoned', finished_at = started_at");
    const repository_news n = wait_for(a, [](const auto& news) { return !news.lost.empty(); });
    CHECK(n.lost == std::vector<run_id>{id(1)});
}

TEST_CASE("who cannot reach the server hears that a run is lost before another may have it") {
    const shared_place place(3s);
    const repository_ptr a = place.join();
    const steady_time begun = system_clock().now().steady;
    REQUIRE(begin(a, exclusive(step(0, 0, 1))).state == begin_state::recorded);
    postgres_server& server = shared_server();
    server.stop_at_once();
    const repository_news n = wait_for(a, [](const auto& news) { return !news.lost.empty(); });
    const steady_time heard = system_clock().now().steady;
    server.start();
    CHECK(n.lost == std::vector<run_id>{id(1)});
    CHECK(heard - begun >= 2400ms);
    // Nobody was to blame: all have a lease long, from the start of the server on, to renew.
    CHECK(place.sql("select outcome is null from " + place.table("run")) == "t");
}

TEST_CASE("pauses are told to the others, as they are now") {
    const shared_place place;
    const repository_ptr a = place.join();
    const repository_ptr b = place.join();
    std::vector<task_update> update(1);
    update[0].uid = shared_string(uid_of(0));
    update[0].paused = true;
    update[0].pause_reason = "by hand";
    update[0].paused_until = at(7);
    REQUIRE(blocking(a->update_tasks(update)).has_value());
    for (const auto& r : {a, b}) {
        const repository_news n = wait_for(r, [](const auto& news) { return !news.tasks.empty(); });
        REQUIRE(n.tasks.size() == 1);
        CHECK(n.tasks[0].uid == uid_of(0));
        CHECK(n.tasks[0].paused);
        CHECK(n.tasks[0].pause_reason == "by hand");
        CHECK(n.tasks[0].paused_until == at(7));
    }
    update[0] = {update[0].uid, false, {}};
    REQUIRE(blocking(a->update_tasks(update)).has_value());
    CHECK_FALSE(wait_for(b, [](const auto& news) { return !news.tasks.empty(); }).tasks[0].paused);
}

TEST_CASE("the first news have the clock of the server") {
    const shared_place place;
    const repository_ptr a = place.join();
    const wall_time before = system_clock().now().wall;
    const repository_news n = blocking(a->watch()).value();
    REQUIRE(n.clock.has_value());
    // It is this machine's, so the two differ by how long it took to ask.
    const instant now = system_clock().now();
    const auto apart = (now.wall - n.clock->wall) - (now.steady - n.clock->at);
    CHECK(apart < 50ms);
    CHECK(apart > -50ms);
    CHECK(n.clock->wall - before < 1min);
}

TEST_CASE("whoever wants all to itself is refused while others have runs, and they take over what it left") {
    shared_place place;
    const repository_ptr a = place.join();
    REQUIRE(begin(a, exclusive(step(0, 0, 1))).state == begin_state::recorded);
    place.options.lease = 0ms;
    const repository_ptr alone = place.open();
    CHECK(error_of(alone->start(at(9))) == errc::store_locked);
    REQUIRE(finish(a, 1, 0, 1) == finish_state::recorded);
    REQUIRE(blocking(alone->start(at(9))).has_value());
    REQUIRE(begin(alone, step(0, 1, 2)).state == begin_state::recorded);
    place.options.lease = 30s;
    CHECK(blocking(place.open()->start(at(9))).value() == 1);
    CHECK(finish(alone, 2, 1, 2) == finish_state::fenced);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
