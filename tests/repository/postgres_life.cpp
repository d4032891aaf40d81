// SPDX-License-Identifier: BSL-1.0
// Tables that are not what they should be, several who want the same, and what is refused.
#include <rondo/postgres.hpp>

#include <repository/blocking.hpp>
#include <repository/postgres_place.hpp>
#include <repository/steps.hpp>
#include <runtime/spare.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace rondo::testing {
namespace {

TEST_SUITE_BEGIN("repository/postgres_life");

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// No more than that many descriptors.
class descriptor_limit {
public:
    explicit descriptor_limit(rlim_t most) {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit now{most, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
    }
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;
    ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

// The sanitizer of undefined behaviour needs descriptors of its own to look at objects.
#ifdef RONDO_NOTHING_SPARE
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

TEST_CASE("where there are too few descriptors nothing is opened, and none is lost" *
          doctest::skip(sanitized)) {
    const postgres_place place;
    const std::size_t before = open_descriptors();
    const int lowest = ::dup(0);
    REQUIRE(lowest >= 0);
    ::close(lowest);
    int refused = 0;
    for (bool opened = false; !opened; ++refused) {
        REQUIRE(refused < 20);
        {
            const descriptor_limit limit(static_cast<rlim_t>(lowest + refused));
            const auto r = postgres::open(place.server(), place.options);
            opened = r.has_value();
            if (!opened) CHECK(r.error() == errc::store_failed);
        }
        CHECK(open_descriptors() == before);
    }
    CHECK(refused >= 4); // those of Asio, and ours
}

TEST_CASE("tables are made only if they may be") {
    postgres_place place;
    place.options.migrate = false;
    CHECK(error_of(place.open()->users()) == errc::store_foreign);
    place.options.migrate = true;
    CHECK_FALSE(error_of(place.open()->users()));
    place.options.migrate = false;
    CHECK_FALSE(error_of(place.open()->users()));
    place.sql("update " + place.schema() + ".meta set value = '99' where key = 'version'");
    CHECK(error_of(place.open()->users()) == errc::store_too_new);
    for (const char* version : {"0", "-1", "x", "", "1x"}) {
        place.sql("update " + place.schema() + ".meta set value = '" + version + "' where key = 'version'");
        CHECK(error_of(place.open()->users()) == errc::store_corrupt);
    }
}

TEST_CASE("several may make the tables at once") {
    const postgres_place place;
    std::vector<std::shared_ptr<repository>> all;
    for (int i = 0; i != 6; ++i) all.push_back(place.open());
    for (const auto& r : all) CHECK_FALSE(error_of(r->users()));
    CHECK(place.sql("select value from " + place.schema() + ".meta where key = 'version'") == "2");
}

TEST_CASE("tables of somebody else in the schema are left alone") {
    const postgres_place place;
    place.sql("create schema " + place.schema());
    place.sql("create table " + place.schema() + ".run (theirs int)");
    CHECK(bool(error_of(place.open()->users())));
    CHECK(place.sql("select count(*) from pg_tables where schemaname = $n$" + place.options.schema + "$n$") ==
          "1");
}

TEST_CASE("a server that may forget is used only if it may be") {
    postgres_place place;
    place.options.unsafe_server = false; // the test's own runs without fsync
    CHECK(error_of(place.open()->users()) == errc::store_unsafe);
}

TEST_CASE("what the server refuses of one half does not fail the other, and the connection goes on") {
    const postgres_place place;
    const auto r = place.open();
    blocking(r->register_tasks(one_task("t"))).value();
    blocking(r->begin_runs(one_begin("t", 1))).value();
    const std::string run = place.schema() + ".run";
    place.sql("alter table " + run + " add constraint none_ends check (outcome is null)");
    const auto both = [](std::shared_ptr<repository> store) -> repository::awaitable<recorded_runs> {
        std::vector<finish_request> ended = one_end("t", 1);
        std::vector<begin_request> begun = one_begin("t", 2);
        recorded_runs said = co_await store->record_runs(std::move(ended), std::move(begun), nullptr);
        co_return said;
    };
    for (int i = 0; i != 3; ++i) {
        const recorded_runs said = blocking(both(r)).value();
        CHECK(said.finished.error() == errc::store_failed);
        REQUIRE(said.begun);
        CHECK(said.begun.value()[0].state == begin_state::recorded);
    }
    place.sql("alter table " + run + " drop constraint none_ends");
    CHECK(blocking(r->finish_runs(one_end("t", 1))).value()[0] == finish_state::recorded);
}

TEST_CASE("long batches go both ways at once") {
    const postgres_place place;
    const auto r = place.open();
    constexpr std::size_t tasks = 300;
    blocking(r->register_tasks(some_tasks(tasks))).value();
    std::vector<finish_request> ends;
    for (std::size_t i = 0; i != tasks; ++i)
        ends.push_back(one_end(uid_of(i), i + 1, std::string(30'000, static_cast<char>('a' + i % 26)))[0]);
    const auto states = blocking(r->finish_runs(ends)).value();
    CHECK(std::ranges::count(states, finish_state::recorded) == static_cast<std::ptrdiff_t>(tasks));
    history_filter all;
    all.limit = history_limit_max;
    const auto runs = blocking(r->history(all)).value().runs;
    REQUIRE(runs.size() == tasks);
    for (const run& each : runs) CHECK(each.message.size() == 30'000);
}

TEST_CASE("failures in a row are counted however many runs there are") {
    const postgres_place place;
    const auto r = place.open();
    blocking(r->register_tasks(some_tasks(3))).value();
    // What each has behind it: successes, then failures.
    constexpr std::pair<int, int> lives[] = {{300, 0}, {300, 200}, {0, 1500}};
    std::uint64_t n = 0;
    for (std::size_t i = 0; i != 3; ++i) {
        std::vector<finish_request> ends;
        for (int k = 0; k != lives[i].first + lives[i].second; ++k) {
            ends.push_back(one_end(uid_of(i), ++n)[0]);
            ends.back().run.scheduled_at = ends.back().run.started_at;
            if (k >= lives[i].first) ends.back().run.outcome = outcome::failed;
        }
        blocking(r->finish_runs(ends)).value();
    }
    const auto states = blocking(r->register_tasks(some_tasks(3))).value();
    CHECK(states[0].failures == 0);
    CHECK(states[0].last_outcome == outcome::success);
    CHECK(states[1].failures == 200);
    CHECK(states[2].failures == failures_counted_max);
    CHECK(states[2].last_outcome == outcome::failed);
}

TEST_CASE("who takes over ends what is in flight of tasks that are inactive, too, once") {
    const postgres_place place;
    const auto before = place.open();
    blocking(before->register_tasks(one_task("t"))).value();
    const auto token = blocking(before->begin_runs(one_begin("t", 1))).value()[0].token;
    std::vector<task_update> off(1);
    off[0].uid = shared_string("t");
    off[0].active = false;
    blocking(before->update_tasks(off)).value();
    const auto after = place.open();
    CHECK(blocking(after->start(at(100))).value() == 1);
    std::vector<finish_request> late = one_end("t", 1);
    late[0].token = token;
    CHECK(blocking(before->finish_runs(late)).value()[0] == finish_state::fenced);
    CHECK(blocking(after->find_run(id(1))).value()->outcome == outcome::abandoned);
}

TEST_CASE("a statement that the tables do not fit fails, and works again when they do") {
    const postgres_place place;
    const auto r = place.open();
    blocking(r->register_tasks(one_task("t"))).value();
    const std::string run = place.schema() + ".run";
    place.sql("alter table " + run + " rename column attempt to attempt_no");
    for (std::uint64_t n = 1; n <= 3; ++n) CHECK(bool(error_of(r->begin_runs(one_begin("t", n)))));
    place.sql("alter table " + run + " rename column attempt_no to attempt");
    CHECK_FALSE(error_of(r->begin_runs(one_begin("t", 1))));
}

TEST_CASE("of several who want the same slots each is given to one") {
    const postgres_place place;
    constexpr std::size_t tasks = 20;
    constexpr std::int64_t slots = 25;
    constexpr std::size_t strides[] = {1, 3, 7, 9}; // of each racer, so that each goes in another order
    blocking(place.open()->register_tasks(some_tasks(tasks))).value();
    std::atomic<std::uint64_t> won = 0;
    std::atomic<std::uint64_t> failed = 0;
    std::vector<std::thread> threads;
    for (const std::size_t stride : strides)
        threads.emplace_back([&, stride] {
            const auto r = place.open();
            for (std::int64_t slot = 0; slot != slots; ++slot) {
                std::vector<begin_request> all;
                for (std::size_t i = 0; i != tasks; ++i) all.push_back(step((i * stride) % tasks, slot, 0));
                for (std::size_t i = 0; i != tasks; ++i)
                    all[i].started->id = run_id{stride, static_cast<std::uint64_t>(slot) * tasks + i};
                const auto answers = blocking(r->begin_runs(all));
                if (!answers) {
                    ++failed;
                    continue;
                }
                for (const begin_answer& a : answers.value()) won += a.state == begin_state::recorded ? 1 : 0;
            }
        });
    for (std::thread& t : threads) t.join();
    CHECK(failed == 0);
    CHECK(won == tasks * slots);
    const std::string run = place.schema() + ".run";
    CHECK(place.sql("select count(*) from " + run) == std::to_string(tasks * slots));
    CHECK(place.sql("select count(distinct (task, scheduled_at)) from " + run) ==
          std::to_string(tasks * slots));
    CHECK(place.sql("select count(distinct (task, token)) from " + run) == std::to_string(tasks * slots));
}

TEST_CASE("what makes no sense in the database is told, not believed") {
    const postgres_place place;
    const auto r = place.open();
    blocking(r->register_tasks(one_task("t"))).value();
    blocking(r->begin_runs(one_begin("t", 1))).value();
    const std::string run = place.schema() + ".run";
    const auto damaged_by = [&](const std::string& change) {
        place.sql("update " + run + " set " + change);
        return error_of(r->history({}));
    };
    CHECK(damaged_by("\"trigger\" = 'whim'") == errc::store_corrupt);
    CHECK(damaged_by("\"trigger\" = 'manual', attempt = 0") == errc::store_corrupt);
    CHECK(damaged_by("attempt = 1, message = '\\9'") == errc::store_corrupt);
    CHECK(damaged_by("message = '', lines_dropped = -1") == errc::store_corrupt);
    CHECK(damaged_by("lines_dropped = 0, progress = 2, progress_text = '', progress_at = 0") ==
          errc::store_corrupt);
    CHECK_FALSE(damaged_by("progress = 1"));
}

TEST_CASE("the end of a repository waits for what is under way") {
    const postgres_place place;
    boost::asio::io_context io;
    launched<std::vector<task_state>> call;
    {
        const auto r = place.open();
        call = launch(io, r->register_tasks(some_tasks(500)));
        io.poll(); // handed over
    }
    io.run();
    REQUIRE(call->has_value());
    CHECK(call->value().value().size() == 500);
    CHECK(place.sql("select count(*) from " + place.schema() + ".task") == "500");
}

/// Until that many are ours.
void wait_for_sessions(const postgres_place& place, const std::string& n) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (place.sql("select count(*) from pg_stat_activity where application_name = 'rondo'") != n)
        REQUIRE(std::chrono::steady_clock::now() < give_up);
}

// Or the first run after a start, and after plans were forgotten, would wait until they are made.
TEST_CASE("what runs begin and end with is planned before any is due") {
    for (const std::chrono::seconds lease : {std::chrono::seconds(0), std::chrono::seconds(30)}) {
        CAPTURE(lease.count());
        postgres_place place;
        place.options.lease = lease;
        wait_for_sessions(place, "0"); // of tests before
        const auto r = place.open();
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        const auto is_planned = [&] { // as the last thing that we asked the server for
            REQUIRE(std::chrono::steady_clock::now() < give_up);
            return place.sql("select count(*) > 0 from pg_stat_activity where application_name = 'rondo' and "
                             "query like '%$5, $11%'") == "t"; // of `begin_runs`
        };
        REQUIRE(blocking(r->register_tasks(some_tasks(1))).has_value());
        while (!is_planned()) continue;
        for (int round = 0; round != 2; ++round) { // when plans were forgotten, after one second and two
            CAPTURE(round);
            int looks = 0;
            do {
                if (looks++ % 20 == 0) REQUIRE(blocking(r->users()).has_value());
            } while (!is_planned());
        }
        CHECK(place.sql("select count(*) from " + place.schema() + ".run") == "0");
    }
}

TEST_CASE("whoever may only read keeps its connection") {
    postgres_place place;
    REQUIRE_FALSE(error_of(place.open()->users())); // makes the tables
    wait_for_sessions(place, "0");
    place.options.migrate = false;
    const auto r = postgres::open(place.server() + " target_session_attrs=any "
                                                   "options='-c default_transaction_read_only=on'",
                                  place.options)
                       .value();
    REQUIRE_FALSE(error_of(r->users()));
    const std::string since = "select backend_start from pg_stat_activity where application_name = 'rondo'";
    wait_for_sessions(place, "1");
    const std::string first = place.sql(since).value();
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(1500); // plans are forgotten
    while (std::chrono::steady_clock::now() < end) CHECK_FALSE(error_of(r->users()));
    CHECK(place.sql(since).value_or("none") == first);
}

// What was planned for tables that were vacuumed while they were empty would look at all there is, for each task.
TEST_CASE("tables that grow are not looked at as if they were empty") {
    for (const std::chrono::seconds lease : {std::chrono::seconds(0), std::chrono::seconds(30)}) {
        CAPTURE(lease.count());
        postgres_place place;
        place.options.lease = lease;
        const auto r = place.open();
        (void)blocking(r->users()).value(); // makes the tables
        place.sql("vacuum analyze");
        REQUIRE(blocking(r->start(at(0))).has_value());
        REQUIRE(blocking(r->register_tasks(some_tasks(1))).has_value());
        REQUIRE(blocking(r->begin_runs(one_begin(uid_of(0), 1))).has_value());
        REQUIRE(blocking(r->finish_runs(one_end(uid_of(0), 1))).has_value());
        const std::size_t tasks = 500;
        place.sql(
            "insert into " + place.schema() +
            ".task (uid, name, schedule, hidden, anchor, next_slot) select 'more-' || n, '', 'every 10s', "
            "false, 0, 0 from generate_series(1, 20000) n");
        place.sql(
            "insert into " + place.schema() +
            ".run (id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, token) select "
            "gen_random_uuid(), 1, 'manual', n, n, n, 'success', 0 from generate_series(1, 100000) n");
        std::vector<begin_request> claims;
        std::vector<finish_request> ends;
        for (std::uint64_t n = 0; n != tasks; ++n) {
            claims.push_back(step(n, 0, 10 + n));
            ends.push_back(one_end(uid_of(n), 10 + n)[0]);
            ends.back().run.trigger = trigger::schedule;
            ends.back().run.scheduled_at = at(0);
        }
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        const auto soon = [&](const auto& f) {
            bool done = false;
            while (!done && std::chrono::steady_clock::now() < give_up) done = f();
            return done;
        };
        CHECK(soon([&] { return blocking(r->register_tasks(some_tasks(tasks))).has_value(); }));
        CHECK(soon([&] { return blocking(r->begin_runs(claims)).has_value(); }));
        CHECK(soon([&] { return blocking(r->begin_runs(claims)).has_value(); })); // again, closely
        CHECK(soon([&] { return blocking(r->finish_runs(ends)).has_value(); }));
        CHECK(place.sql("select count(*) from " + place.schema() + ".run where \"trigger\" = 'schedule'") ==
              "500");
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
