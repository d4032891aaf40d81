// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <semaphore>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_upkeep");

namespace {

using namespace rondo;
using namespace rondo::testing;
namespace asio = boost::asio;
namespace fs = std::filesystem;

using database_ptr = std::shared_ptr<sqlite::database>;

database_ptr with_runs(const std::string& path, std::uint64_t count) {
    database_ptr repository = sqlite::open(path).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    std::vector<begin_request> begins;
    std::vector<finish_request> ends;
    for (std::uint64_t n = 1; n <= count; ++n) {
        begins.push_back(one_begin("t", n)[0]);
        ends.push_back(one_end("t", n, "a text that takes some room, so that there are many pages")[0]);
    }
    blocking(repository->begin_runs(std::move(begins))).value();
    blocking(repository->finish_runs(std::move(ends))).value();
    return repository;
}

std::size_t runs_in(const std::string& path) {
    const raw_database db(path);
    return std::stoul(raw_database(path).text("select count(*) from run"));
}

/// Records one run after the other for as long as `done` is empty.
asio::awaitable<void> keep_recording(database_ptr repository, std::uint64_t& last, launched<void> done) {
    do {
        const auto begun = co_await repository->begin_runs(one_begin("t", last + 1));
        REQUIRE(begun.value().size() == 1);
        ++last;
    } while (!*done);
}

constexpr std::uint64_t long_runs = 1200; // 4,800 pages
constexpr std::uint64_t long_runs_size = long_runs * (16 << 10);

/// So many runs in two calls, the second of which makes the log long.
void record_long_runs(repository& repository, std::uint64_t round) {
    std::vector<begin_request> begins;
    std::vector<finish_request> ends;
    for (std::uint64_t n = round * long_runs + 1; n <= (round + 1) * long_runs; ++n) {
        begins.push_back(one_begin("t", n)[0]);
        ends.push_back(one_end("t", n, std::string(16 << 10, 'x'))[0]);
    }
    blocking(repository.begin_runs(std::move(begins))).value();
    blocking(repository.finish_runs(std::move(ends))).value();
}

std::vector<std::string> files_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    return names;
}

} // namespace

TEST_CASE("a copy has all that was on record, while runs go on being recorded") {
    const scratch_folder folder;
    constexpr std::uint64_t before = 3000;
    const database_ptr repository = with_runs(folder.path("a.db"), before);
    std::uint64_t last = before;
    asio::io_context io{1};
    const auto done = launch<void>(io, repository->back_up(folder.path("copy.db")));
    asio::co_spawn(io, keep_recording(repository, last, done), asio::detached);
    io.run();
    done->value().value();
    CHECK(last > before);
    const std::size_t copied = runs_in(folder.path("copy.db"));
    CHECK(copied >= before);
    CHECK(copied <= last);
    // It is a database like any other: whole, with its tasks and cursors.
    const database_ptr copy = sqlite::open(folder.path("copy.db")).value();
    CHECK(blocking(copy->find_damage(100)).value().empty());
    CHECK(blocking(copy->find_run(id(before))).value()->outcome == outcome::success);
    CHECK(blocking(copy->begin_runs(one_begin("t", copied + 1))).value()[0].state == begin_state::recorded);
    CHECK(blocking(repository->find_damage(100)).value().empty());
}

TEST_CASE("a copy has the permissions of the original, and is there only when it is whole") {
    const scratch_folder folder;
    const database_ptr repository = with_runs(folder.path("a.db"), 10);
    REQUIRE(::chmod(folder.path("a.db").c_str(), 0640) == 0);
    // What a crash left, which somebody may have made a trap of.
    write_bytes(folder.path("precious"), "mine");
    fs::create_symlink(folder.path("precious"), folder.path("copy.db.partial"));
    blocking(repository->back_up(folder.path("copy.db"))).value();
    struct ::stat made;
    REQUIRE(::lstat(folder.path("copy.db").c_str(), &made) == 0);
    CHECK((made.st_mode & 0777) == 0640);
    CHECK(S_ISREG(made.st_mode));
    CHECK(bytes_of(folder.path("precious")) == "mine");
    CHECK_FALSE(fs::exists(folder.path("copy.db.partial")));
}

TEST_CASE("a copy overwrites nothing, and leaves nothing behind where it cannot be") {
    const scratch_folder folder;
    const database_ptr repository = with_runs(folder.path("a.db"), 10);
    write_bytes(folder.path("there"), "mine");
    fs::create_symlink(folder.path("nowhere"), folder.path("link"));
    const auto before = files_in(folder.folder());
    using namespace std::string_literals;
    for (const std::string& path : {folder.path("there"), folder.path("link"), folder.path("a.db"), ""s,
                                    folder.path("none/copy.db"), folder.path("x\0y"s), folder.path("")}) {
        CAPTURE(path);
        CHECK(error_of(repository->back_up(path)) == errc::store_cannot_open);
    }
    CHECK(bytes_of(folder.path("there")) == "mine");
    CHECK(files_in(folder.folder()) == before);
}

TEST_CASE("a long log goes into the file, again and again, and no answer waits for that") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    std::counting_semaphore<3> answered(0);
    std::atomic<bool> in_time = true;
    std::atomic<std::uint64_t> checkpoints = 0;
    sqlite::detail::seams s;
    s.before_checkpoint = [&] {
        ++checkpoints;
        if (!answered.try_acquire_for(std::chrono::seconds(60))) in_time = false;
    };
    const auto repository = sqlite::detail::open_file(path, {}, s).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    for (std::uint64_t round = 0; round != 3; ++round) {
        CAPTURE(round);
        record_long_runs(*repository, round);
        answered.release();
        blocking(repository->users()).value(); // after it
        CHECK(checkpoints == round + 1);
        CHECK(fs::file_size(path) > (round + 1) * long_runs_size);
        CHECK(fs::file_size(path + "-wal") < 2 * long_runs_size); // one such log, not all of them
    }
    CHECK(in_time);
}

TEST_CASE("a log that somebody reads goes into the file when he is done") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    const auto repository = sqlite::open(path).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    {
        raw_database reader(path);
        reader.execute("begin");
        CHECK(reader.text("select count(*) from run") == "0");
        record_long_runs(*repository, 0);
        blocking(repository->users()).value(); // after it was tried
        CHECK(fs::file_size(path) < long_runs_size);
        CHECK(reader.text("select count(*) from run") == "0");
        reader.execute("commit");
    }
    blocking(repository->begin_runs(one_begin("t", 5000))).value();
    blocking(repository->users()).value();
    CHECK(fs::file_size(path) > long_runs_size);
}

TEST_CASE("a name is a name, wherever the process is by now") {
    const scratch_folder folder;
    const fs::path home = fs::current_path();
    fs::current_path(folder.folder());
    struct back {
        const fs::path& to;
        ~back() { fs::current_path(to); }
    } const restored{home};
    fs::create_directory("elsewhere");
    const database_ptr repository = with_runs("file:a.db?mode=ro", 10);
    CHECK(fs::exists("file:a.db?mode=ro"));
    fs::current_path("elsewhere");
    blocking(repository->back_up("file:copy.db")).value();
    CHECK(files_in(".") == std::vector<std::string>{"file:copy.db"});
    CHECK(runs_in(folder.path("elsewhere/file:copy.db")) == 10);
}

TEST_CASE("a copy is not put beside the log of another database, nor over the database itself") {
    const scratch_folder folder;
    for (const char* suffix : {"-wal", "-journal", "-shm"}) {
        const database_ptr repository = with_runs(folder.path(std::string("a.db") + suffix), 1);
        const std::string left = folder.path("copy.db") + suffix;
        write_bytes(left, "left behind");
        CHECK(error_of(repository->back_up(folder.path("copy.db"))) == errc::store_cannot_open);
        CHECK(bytes_of(left) == "left behind");
        fs::remove(left);
    }
    const database_ptr partial = with_runs(folder.path("b.db.partial"), 10);
    CHECK(error_of(partial->back_up(folder.path("b.db"))) == errc::store_cannot_open);
    CHECK(blocking(partial->find_run(id(10))).value());
    CHECK(fs::exists(folder.path("b.db.partial")));
}

TEST_CASE("a row that belongs to none is found") {
    const scratch_folder folder;
    (void)with_runs(folder.path("a.db"), 10);
    raw_database(folder.path("a.db"))
        .execute(
            "pragma foreign_keys=off; insert into result (run, position, user, started_at, message, error) "
            "values (x'00112233445566778899aabbccddeeff', 0, 'nobody', 1, '', '')");
    const database_ptr repository = sqlite::open(folder.path("a.db")).value();
    const auto found = blocking(repository->find_damage(100)).value();
    REQUIRE(found.size() == 1);
    CHECK(found[0].find("result") != std::string::npos);
}

TEST_CASE("damage is found while the file is in use") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    (void)with_runs(path, 3000);
    std::string bytes = bytes_of(path);
    const std::size_t page = 4096;
    REQUIRE(bytes.size() > 20 * page);
    for (std::size_t at = bytes.size() / 2 / page * page; at < bytes.size() / 2 + page; ++at)
        bytes[at] = '\x5a';
    write_bytes(path, bytes);
    const database_ptr damaged = sqlite::open(path).value();
    const auto found = blocking(damaged->find_damage(3));
    if (found) CHECK(!found.value().empty());
    if (found) CHECK(found.value().size() <= 3);
    if (!found) CHECK(found.error() == errc::store_corrupt);
    // A copy needs only what is no index: it fails, or it is sound.
    const auto copied = error_of(damaged->back_up(folder.path("copy.db")));
    CHECK(fs::exists(folder.path("copy.db")) == !copied);
    if (copied)
        CHECK(copied == errc::store_corrupt);
    else
        CHECK(blocking(sqlite::open(folder.path("copy.db")).value()->find_damage(1)).value().empty());
    CHECK_FALSE(fs::exists(folder.path("copy.db.partial")));
}

TEST_CASE("limits are checked, and a database in memory has no file") {
    const scratch_folder folder;
    const database_ptr repository = sqlite::open(folder.path("a.db")).value();
    CHECK(error_of(repository->find_damage(0)) == errc::invalid_option);
    CHECK(error_of(repository->find_damage(sqlite::damage_limit_max + 1)) == errc::invalid_option);
    const database_ptr in_memory = sqlite::open(":memory:").value();
    CHECK(error_of(in_memory->back_up(folder.path("copy.db"))) == errc::store_failed);
    CHECK(error_of(in_memory->find_damage(1)) == errc::store_failed);
}

TEST_CASE("a repository that goes takes its copies with it") {
    const scratch_folder folder;
    asio::io_context io{1};
    database_ptr repository = with_runs(folder.path("a.db"), 20'000);
    std::vector<launched<void>> copies;
    for (int i = 0; i != 3; ++i)
        copies.push_back(launch<void>(io, repository->back_up(folder.path("copy" + std::to_string(i)))));
    io.poll();
    repository.reset();
    io.run();
    for (std::size_t i = 0; i != copies.size(); ++i) {
        const bool whole = copies[i]->value().has_value();
        CHECK(fs::exists(folder.path("copy" + std::to_string(i))) == whole);
        if (!whole) CHECK(copies[i]->value().error() == errc::store_failed);
    }
    for (const std::string& name : files_in(folder.folder()))
        CHECK(name.find(".partial") == std::string::npos);
}

TEST_SUITE_END();
