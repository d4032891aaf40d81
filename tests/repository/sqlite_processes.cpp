// SPDX-License-Identifier: BSL-1.0
#include <rondo/sqlite.hpp>

#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/child_process.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <filesystem>
#include <future>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_processes");

namespace {

using namespace rondo;
using namespace rondo::testing;
using namespace std::chrono_literals;

error_code open_error(const std::string& path, std::chrono::milliseconds wait = {}) {
    sqlite::options options;
    options.lock_wait = wait;
    const auto r = sqlite::open(path, options);
    return r.has_error() ? r.error() : error_code();
}

std::uint64_t count_in_flight(repository& r) {
    std::uint64_t n = 0;
    history_filter filter;
    do {
        const history_page page = blocking(r.history(filter)).value();
        for (const run& x : page.runs) n += x.outcome ? 0 : 1;
        filter.before = page.next;
    } while (filter.before);
    return n;
}

} // namespace

TEST_CASE("child: hold the database" * doctest::skip()) {
    const auto repository = sqlite::open(child_process::argument()).value();
    child_process::say();
    child_process::listen();
}

TEST_CASE("child: run tasks until killed" * doctest::skip()) {
    const auto repository = sqlite::open(child_process::argument()).value();
    blocking(repository->start(at(0))).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    for (std::uint64_t n = 1;; n += 2) {
        blocking(repository->begin_runs(one_begin("t", n))).value();
        blocking(repository->begin_runs(one_begin("t", n + 1))).value();
        blocking(repository->finish_runs(one_end("t", n))).value();
        child_process::say(); // n ended and n + 1 begun, both acknowledged
    }
}

TEST_CASE("a database that another process holds is refused") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    child_process child("child: hold the database", path);
    REQUIRE(child.hear());
    CHECK(open_error(path) == errc::store_locked);
    CHECK(open_error(path, 30ms) == errc::store_locked);
    SUBCASE("until it ends") {
        child.dismiss();
        CHECK(child.wait() == 0);
    }
    SUBCASE("until it is killed") {
        child.kill();
    }
    CHECK_FALSE(open_error(path));
}

TEST_CASE("a database is opened once in this process, by any of its names") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    auto first = sqlite::open(path).value();
    std::filesystem::create_symlink(path, folder.path("b.db"));
    CHECK(open_error(path) == errc::store_locked);
    CHECK(open_error(folder.path("./a.db")) == errc::store_locked);
    CHECK(open_error(folder.path("b.db")) == errc::store_locked);
    CHECK_FALSE(error_of(first->users()));
    first.reset();
    CHECK_FALSE(open_error(folder.path("b.db")));
}

TEST_CASE("an open waits for the lock as long as it is told") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    auto holder = sqlite::open(path).value();
    std::promise<void> busy;
    sqlite::detail::seams seams;
    seams.on_lock_busy = [&] { busy.set_value(); };
    sqlite::options options;
    options.lock_wait = 60s;
    error_code error = errc::store_failed;
    std::thread waiting([&] {
        const auto r = sqlite::detail::open_file(path, options, seams);
        error = r.has_error() ? r.error() : error_code();
    });
    busy.get_future().wait();
    holder.reset();
    waiting.join();
    CHECK_FALSE(error);
}

TEST_CASE("kill -9 loses nothing that was acknowledged") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    for (std::uint64_t kills = 1; kills <= 5; ++kills) {
        std::filesystem::remove(path);
        std::filesystem::remove(path + "-wal");
        std::filesystem::remove(path + "-shm");
        child_process child("child: run tasks until killed", path);
        std::uint64_t heard = 0;
        while (heard < 4 * kills && child.hear()) ++heard;
        REQUIRE(heard == 4 * kills);
        child.kill();

        const auto repository = sqlite::open(path).value();
        const std::uint64_t in_flight = count_in_flight(*repository);
        CHECK(blocking(repository->start(at(1'000'000))).value() == in_flight);
        CHECK(in_flight >= heard);
        for (std::uint64_t n = 1; n <= 2 * heard; n += 2) {
            const auto ended = blocking(repository->find_run(id(n))).value();
            const auto begun = blocking(repository->find_run(id(n + 1))).value();
            REQUIRE(ended);
            REQUIRE(begun);
            CHECK(ended->outcome == outcome::success);
            CHECK(begun->outcome == outcome::abandoned);
        }
        CHECK(blocking(repository->start(at(2'000'000))).value() == 0);
    }
    CHECK(raw_database(path).text("pragma integrity_check") == "ok");
}

TEST_SUITE_END();
