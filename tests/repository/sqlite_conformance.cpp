// SPDX-License-Identifier: BSL-1.0
#include <rondo/sqlite.hpp>

#include <repository/conformance.hpp>
#include <repository/scratch_folder.hpp>

#include <chrono>
#include <filesystem>
#include <string>

TEST_SUITE_BEGIN("repository/sqlite_conformance");

TEST_CASE("the SQLite repository keeps the contract") {
    const rondo::testing::scratch_folder folder;
    int made = 0;
    const auto open = [&] { return rondo::sqlite::open(folder.path(std::to_string(made) + ".db")).value(); };
    rondo::testing::repository_under_test subject;
    subject.make_empty = [&] {
        ++made;
        return open();
    };
    subject.reopen = open;
    subject.set_failing = [&](bool yes) {
        const std::string path = folder.path(std::to_string(made) + ".db");
        const std::string away = path + ".away";
        std::filesystem::rename(yes ? path : away, yes ? away : path);
    };
    rondo::testing::expect_conformance(subject);
}

TEST_CASE("the SQLite repository keeps the contract in memory, and while it polls") {
    for (const int poll_us : {-1, 0, 500}) { // negative: as it comes
        rondo::sqlite::options o;
        if (poll_us >= 0) o.busy_poll = std::chrono::microseconds(poll_us);
        rondo::testing::repository_under_test subject;
        subject.make_empty = [o] { return rondo::sqlite::open(":memory:", o).value(); };
        rondo::testing::expect_conformance(subject);
    }
}

TEST_SUITE_END();
