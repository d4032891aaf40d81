// SPDX-License-Identifier: BSL-1.0
#include <rondo/sqlite.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <algorithm>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_files");

namespace {

using namespace rondo;
using namespace rondo::testing;

error_code open_error(const std::string& path) {
    const auto r = sqlite::open(path);
    return r.has_error() ? r.error() : error_code();
}

/// A database with a task "t", a run that ended, with a result for "a", one in flight, and a skip.
void make_database(const std::string& path) {
    const auto repository = sqlite::open(path).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    blocking(repository->begin_runs(one_begin("t", 1))).value();
    auto end = one_end("t", 1, "fine");
    end[0].run.results.emplace_back(user("a"), "");
    blocking(repository->finish_runs(end)).value();
    auto begin = one_begin("t", 2);
    begin[0].skipped.emplace();
    begin[0].skipped->count = 1;
    begin[0].started->users.emplace_back("a");
    blocking(repository->begin_runs(begin)).value();
    blocking(repository->add_users({user("a")})).value();
}

/// Root may write what it likes: these tests are about others.
class without_privileges {
public:
    without_privileges() : was_root_(::geteuid() == 0) {
        if (was_root_) REQUIRE(::seteuid(nobody) == 0);
    }
    ~without_privileges() {
        if (was_root_) CHECK(::seteuid(0) == 0);
    }

private:
    static constexpr uid_t nobody = 65534;
    bool was_root_;
};

} // namespace

TEST_CASE("a new file is a rondo database with a version") {
    const scratch_folder folder;
    make_database(folder.path("a.db"));
    raw_database raw(folder.path("a.db"));
    CHECK(raw.text("pragma application_id") == std::to_string(0x526f6e64));
    CHECK(raw.text("pragma user_version") == "5");
    CHECK(raw.text("pragma journal_mode") == "wal");
    CHECK(raw.text("pragma integrity_check") == "ok");
    CHECK(raw.text("select count(*) from pragma_foreign_key_check") == "0");
    CHECK(raw.text("select count(*) from sqlite_schema where type = 'table' and sql not like '%strict%'") ==
          "0");
}

TEST_CASE("an empty file becomes a database") {
    const scratch_folder folder;
    write_bytes(folder.path("a.db"), "");
    CHECK_FALSE(open_error(folder.path("a.db")));
}

TEST_CASE("places where no database can be are refused") {
    const scratch_folder folder;
    CHECK(open_error("") == errc::store_cannot_open);
    CHECK(open_error(folder.path("no/such/folder/a.db")) == errc::store_cannot_open);
    CHECK(open_error(folder.folder().string()) == errc::store_cannot_open);
    CHECK(open_error("/dev/null") == errc::store_cannot_open);
    CHECK(open_error(folder.path(std::string("a\0b", 3))) == errc::store_cannot_open);
}

TEST_CASE("a foreign database is refused and stays as it is") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    std::string sql;
    SUBCASE("with tables") {
        sql = "create table songs (title text)";
    }
    SUBCASE("with an application id") {
        sql = "pragma application_id = 252006674";
    }
    SUBCASE("with a version") {
        sql = "pragma user_version = 1";
    }
    SUBCASE("with tables, in WAL mode") {
        sql = "pragma journal_mode = wal; create table songs (title text)";
    }
    raw_database(path).execute(sql);
    const std::string before = bytes_of(path);
    CHECK(open_error(path) == errc::store_foreign);
    CHECK(bytes_of(path) == before);
}

TEST_CASE("a newer database is refused and stays as it is") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    raw_database(path).execute("pragma user_version = 6");
    const std::string before = bytes_of(path);
    CHECK(open_error(path) == errc::store_too_new);
    CHECK(bytes_of(path) == before);
}

TEST_CASE("a file that is no database is refused and stays as it is") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    std::string bytes;
    errc why = errc::store_foreign;
    SUBCASE("text") {
        bytes = std::string(8'192, 'x');
    }
    SUBCASE("short") {
        bytes = "hello";
    }
    SUBCASE("the head of a database that lost its tail") {
        bytes = "SQLite f";
        why = errc::store_corrupt;
    }
    SUBCASE("some of its head is another") {
        bytes = "SQLite gormat 3" + std::string(8'177, '\0');
        why = errc::store_corrupt;
    }
    SUBCASE("zeros, as of a file that lost its head") {
        bytes = std::string(8'192, '\0');
        why = errc::store_corrupt;
    }
    write_bytes(path, bytes);
    CHECK(open_error(path) == why);
    CHECK(bytes_of(path) == bytes);
}

TEST_CASE("a damaged database says so, and nothing crashes") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    const std::string good = bytes_of(path);
    REQUIRE(good.size() >= 3 * 4'096);
    // Page by page, but for the header of the first, without which it is not ours.
    for (std::size_t page = 0; page < good.size(); page += 4'096) {
        std::string bad = good;
        for (std::size_t i = std::max<std::size_t>(page, 100); i < page + 4'096; ++i)
            bad[i] = static_cast<char>(0xa5);
        write_bytes(path, bad);
        const auto repository = sqlite::open(path);
        std::vector<error_code> errors;
        if (repository.has_error()) {
            errors.push_back(repository.error());
        } else {
            errors.push_back(error_of(repository.value()->history({})));
            errors.push_back(error_of(repository.value()->register_tasks(one_task("t"))));
            errors.push_back(error_of(repository.value()->skips("t", 10)));
            errors.push_back(error_of(repository.value()->users()));
            errors.push_back(error_of(repository.value()->start(at(99))));
            errors.push_back(error_of(repository.value()->last_runs("a")));
        }
        CAPTURE(page);
        for (const error_code& e : errors) CHECK((!e || e == errc::store_corrupt));
    }
}

TEST_CASE("a database without its tables is corrupt") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    raw_database(path).execute("drop table result");
    CHECK(open_error(path) == errc::store_corrupt);
}

TEST_CASE("a database that lets a slot run twice takes no run") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    raw_database(path).execute("drop index run_slot");
    const auto repository = sqlite::open(path).value();
    CHECK(error_of(repository->begin_runs(one_begin("t", 9))) == errc::store_corrupt);
    CHECK_FALSE(error_of(repository->history({})));
}

TEST_CASE("a call costs a transaction") {
    const scratch_folder folder;
    CHECK(sqlite::open(folder.path("a.db")).value()->calls_are_costly());
}

TEST_CASE("rows that nobody of ours wrote are told as corrupt, each to its caller alone") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    std::string sql;
    SUBCASE("an outcome") {
        sql = "update run set outcome = 'exploded' where outcome is not null";
    }
    SUBCASE("a trigger") {
        sql = "update run set \"trigger\" = 'moon' where outcome is null";
    }
    SUBCASE("an end without outcome") {
        sql = "update run set outcome = null";
    }
    SUBCASE("an outcome without end") {
        sql = "update run set finished_at = null";
    }
    SUBCASE("an id that is too short") {
        sql = "update run set id = x'00' where outcome is null";
    }
    SUBCASE("an id that is too long") {
        sql = "update run set id = zeroblob(17) where outcome is null";
    }
    raw_database(path).execute("pragma foreign_keys = off; pragma ignore_check_constraints = on;" + sql);
    const auto repository = sqlite::open(path).value();
    CHECK(error_of(repository->history({})) == errc::store_corrupt);
    CHECK_FALSE(error_of(repository->users()));
}

TEST_CASE("tasks, skips and users that nobody of ours wrote are corrupt") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    raw_database(path).execute(
        "update cursor_page set cursors = replace(cursors, ']', '0.5]'); update skip set count = -5;"
        "update user set id = printf('%.2000c', 'x')");
    const auto repository = sqlite::open(path).value();
    CHECK(error_of(repository->begin_runs(one_begin("t", 9))) == errc::store_corrupt);
    CHECK(error_of(repository->skips("t", 10)) == errc::store_corrupt);
    CHECK(error_of(repository->users()) == errc::store_corrupt);
    CHECK_FALSE(error_of(repository->history({})));
}

TEST_CASE("more rows that nobody of ours wrote are corrupt") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    raw_database(path).execute(
        "update task set paused = 7; update skip set reason = 'whim'; update user set id = ''");
    const auto repository = sqlite::open(path).value();
    CHECK(error_of(repository->register_tasks(one_task("t"))) == errc::store_corrupt);
    CHECK(error_of(repository->skips("t", 10)) == errc::store_corrupt);
    CHECK(error_of(repository->users()) == errc::store_corrupt);
}

TEST_CASE("a trigger that somebody planted does not fire") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    raw_database(path).execute("create trigger trap after insert on user begin delete from run; end");
    const auto repository = sqlite::open(path).value();
    CHECK_FALSE(error_of(repository->add_users({user("b")})));
    CHECK(blocking(repository->history({})).value().runs.size() == 2);
}

TEST_CASE("a file or a folder that is read-only is told") {
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    make_database(path);
    SUBCASE("the file") {
        REQUIRE(::chmod(path.c_str(), 0444) == 0);
        REQUIRE(::chmod((path + ".lock").c_str(), 0666) == 0);
        REQUIRE(::chmod(folder.folder().c_str(), 0777) == 0);
        const without_privileges nobody;
        CHECK(open_error(path) == errc::store_read_only);
    }
    SUBCASE("the folder, with a database in it") {
        std::filesystem::remove(path + ".lock");
        REQUIRE(::chmod(folder.folder().c_str(), 0555) == 0);
        const without_privileges nobody;
        CHECK(open_error(path) == errc::store_read_only);
    }
    SUBCASE("the folder, without one") {
        REQUIRE(::chmod(folder.folder().c_str(), 0555) == 0);
        const without_privileges nobody;
        CHECK(open_error(folder.path("b.db")) == errc::store_cannot_open);
    }
    REQUIRE(::chmod(folder.folder().c_str(), 0755) == 0);
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    CHECK_FALSE(open_error(path));
}

TEST_SUITE_END();
