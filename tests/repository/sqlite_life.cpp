// SPDX-License-Identifier: BSL-1.0
// What a file tells of who had it, and what becomes of one that others move, or that shrinks.
#include <rondo/sqlite.hpp>

#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_life");

namespace {

using namespace rondo;
using namespace rondo::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

void write_file(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void touch(const std::string& path, wall_time when) {
    const auto us = when.time_since_epoch().count();
    const timespec t{us / 1'000'000, us % 1'000'000 * 1000};
    const timespec both[] = {t, t};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), both, 0) == 0);
}

wall_time touched(const std::string& path) {
    struct stat s{};
    REQUIRE(::stat(path.c_str(), &s) == 0);
    return wall_time(std::chrono::microseconds(s.st_mtim.tv_sec * 1'000'000 + s.st_mtim.tv_nsec / 1000));
}

std::uint64_t runs_in(repository& r) {
    return blocking(r.history({})).value().runs.size();
}

} // namespace

TEST_CASE("a file that is moved away fails every call until it is back, and then has it all") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto r = sqlite::open(path).value();
    blocking(r->register_tasks(one_task("t"))).value();
    blocking(r->begin_runs(one_begin("t", 1))).value();
    fs::rename(path, folder.path("away.db"));
    CHECK(blocking(r->finish_runs(one_end("t", 1))).error() == errc::store_cannot_open);
    CHECK(blocking(r->history({})).error() == errc::store_cannot_open);
    CHECK_FALSE(fs::exists(path));
    fs::rename(folder.path("away.db"), path);
    CHECK(blocking(r->finish_runs(one_end("t", 1))).value().front() == finish_state::recorded);
    CHECK(runs_in(*r) == 1);
}

TEST_CASE("a file that is put in its place is left alone") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto r = sqlite::open(path).value();
    blocking(r->register_tasks(one_task("t"))).value();
    fs::rename(path, folder.path("away.db"));
    write_file(path, "something else");
    CHECK(blocking(r->begin_runs(one_begin("t", 1))).error() == errc::store_cannot_open);
    CHECK(read_file(path) == "something else");
    fs::rename(folder.path("away.db"), path);
    CHECK(blocking(r->begin_runs(one_begin("t", 1))).value().front().state == begin_state::recorded);
}

TEST_CASE("a file that is deleted fails every call") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto r = sqlite::open(path).value();
    fs::remove(path);
    CHECK(blocking(r->start(at(0))).error() == errc::store_cannot_open);
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a lock says who holds it, and who held it last") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    CHECK_FALSE(sqlite::holder_of(path));
    auto r = sqlite::open(path).value();
    for (bool held : {true, false}) {
        CAPTURE(held);
        const auto holder = sqlite::holder_of(path);
        REQUIRE(holder);
        CHECK(holder->process == ::getpid());
        char host[256] = "";
        ::gethostname(host, sizeof(host) - 1);
        CHECK(holder->host == host);
        CHECK(holder->program == fs::read_symlink("/proc/self/exe").filename().string());
        r.reset();
    }
}

TEST_CASE("a lock that says nonsense is no lock of anybody, and harms nobody") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    for (const std::string& text :
         {std::string(), std::string("\n\n\n"), std::string("x\n"), std::string("-4\nh\np\n"),
          std::string("99999999999999999999\nh\n"), std::string("7 \nh\n"), std::string(100'000, '7')}) {
        CAPTURE(text.substr(0, 20));
        write_file(path + ".lock", text);
        CHECK_FALSE(sqlite::holder_of(path));
        CHECK(sqlite::open(path).has_value());
        CHECK(sqlite::holder_of(path));
    }
    write_file(path + ".lock", "12"); // as an earlier version wrote it, or less of it
    REQUIRE(sqlite::holder_of(path));
    CHECK(sqlite::holder_of(path)->process == 12);
    CHECK(sqlite::holder_of(path)->host == "");
}

TEST_CASE("a run that its process took with it ended when that was last seen alive") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    for (int i = 0; i != 4; ++i) {
        CAPTURE(i);
        const wall_time started = one_begin("t", 1)[0].started->started_at;
        const wall_time seen[] = {started + 7s, started - 7s, started + 100s, started + 1us};
        const wall_time ended[] = {started + 7s, started, started + 50s, started + 1us};
        fs::remove(path);
        auto first = sqlite::open(path).value();
        blocking(first->register_tasks(one_task("t"))).value();
        blocking(first->begin_runs(one_begin("t", 1))).value();
        first.reset();
        touch(path + ".lock", seen[i]);
        const auto second = sqlite::open(path).value();
        CHECK(blocking(second->start(started + 50s)).value() == 1);
        const auto runs = blocking(second->history({})).value().runs;
        REQUIRE(runs.size() == 1);
        CHECK(runs[0].finished_at == ended[i]);
        CHECK(runs[0].message == abandoned_message);
    }
}

TEST_CASE("who opens a file and dies before it starts has given no sign of life") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const wall_time started = one_begin("t", 1)[0].started->started_at;
    {
        const auto first = sqlite::open(path).value();
        blocking(first->start(started)).value();
        blocking(first->register_tasks(one_task("t"))).value();
        blocking(first->begin_runs(one_begin("t", 1))).value();
    }
    touch(path + ".lock", started + 7s);
    sqlite::detail::seams s;
    s.beat_interval = 0ms;
    blocking(sqlite::detail::open_file(path, {}, s).value()->users()).value();
    const auto third = sqlite::open(path).value();
    CHECK(blocking(third->start(started + 50s)).value() == 1);
    CHECK(blocking(third->history({})).value().runs.at(0).finished_at == started + 7s);
}

TEST_CASE("what a second manager in one process finds unfinished has ended now") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto now = std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
    sqlite::open(path).value();
    touch(path + ".lock", now - 1h);
    const auto r = sqlite::open(path).value();
    blocking(r->start(now)).value();
    blocking(r->register_tasks(one_task("t"))).value();
    auto begin = one_begin("t", 1);
    begin[0].started->started_at = now + 10s;
    blocking(r->begin_runs(begin)).value();
    CHECK(blocking(r->start(now + 50s)).value() == 1);
    CHECK(blocking(r->history({})).value().runs.at(0).finished_at == now + 50s);
}

TEST_CASE("no copy is made of a file that was put in the place of ours") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto r = sqlite::open(path).value();
    fs::rename(path, folder.path("away.db"));
    {
        raw_database other(path);
        other.execute("create table t (x)");
    }
    CHECK(blocking(r->back_up(folder.path("copy.db"))).error() == errc::store_cannot_open);
    CHECK(blocking(r->find_damage(10)).error() == errc::store_cannot_open);
    CHECK_FALSE(fs::exists(folder.path("copy.db")));
}

TEST_CASE("the owner of a file gives signs of life, busy or not") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    sqlite::detail::seams s;
    s.beat_interval = 1ms;
    const auto r = sqlite::detail::open_file(path, {}, s).value();
    blocking(r->start(at(0))).value();
    for (bool busy : {false, true}) {
        CAPTURE(busy);
        touch(path + ".lock", at(1));
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (touched(path + ".lock") == at(1) && std::chrono::steady_clock::now() < until) {
            if (busy) blocking(r->users()).value();
            std::this_thread::yield();
        }
        CHECK(touched(path + ".lock") > at(1));
    }
}

TEST_CASE("a file shrinks slice by slice when most of it is forgotten, and not before") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto r = sqlite::open(path).value();
    blocking(r->register_tasks(one_task("t"))).value();
    constexpr std::uint64_t runs = 6000;
    for (std::uint64_t n = 1; n <= runs; n += 1000) {
        std::vector<begin_request> begins;
        std::vector<finish_request> ends;
        for (std::uint64_t i = n; i != n + 1000; ++i) {
            begins.push_back(one_begin("t", i).front());
            ends.push_back(one_end("t", i, std::string(3000, 'm')).front());
        }
        blocking(r->begin_runs(begins)).value();
        blocking(r->finish_runs(ends)).value();
    }
    auto pages = [&] {
        raw_database look(path);
        return std::stoll(look.text("pragma page_count"));
    };
    const auto before = pages();
    REQUIRE(before > 4000);
    prune_policy policy;
    policy.runs_per_task = runs * 9 / 10; // a tenth goes: its room is kept for others
    policy.limit = 100;
    auto prune = [&] {
        std::uint64_t forgotten = 0;
        policy.from = 0;
        for (;;) {
            const prune_progress now = blocking(r->prune(policy)).value();
            forgotten += now.runs;
            if (!now.next) return forgotten;
            policy.from = *now.next;
        }
    };
    CHECK(prune() == runs / 10);
    CHECK(pages() == before);
    policy.runs_per_task = 10;
    CHECK(prune() == runs * 9 / 10 - 10);
    CHECK(pages() < before / 2);
    CHECK(runs_in(*r) == 10);
    CHECK(blocking(r->find_damage(10)).value().empty());
}

TEST_SUITE_END();
