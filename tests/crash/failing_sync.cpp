// SPDX-License-Identifier: BSL-1.0
#include <crash/faulty_disk.hpp>

#include <repository/blocking.hpp>
#include <repository/scratch_folder.hpp>

#include <rondo/sqlite.hpp>

#include <cerrno>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("crash/failing_sync");

using namespace rondo;
using namespace rondo::testing;

TEST_CASE("a disk that fails while the log goes into the file is told until it is well") {
    for (const int error : {EIO, ENOSPC}) { // some have no room only when they are synced
        CAPTURE(error);
        const scratch_folder folder;
        crash::faulty_disk disk;
        sqlite::options o;
        o.durability = sqlite::durability::normal; // syncs only then
        const auto repository = sqlite::open(folder.path("a.db"), o).value();
        blocking(repository->register_tasks(one_task("t"))).value();
        constexpr std::uint64_t runs = 1200; // 4,800 pages
        std::vector<begin_request> begins;
        std::vector<finish_request> ends;
        for (std::uint64_t n = 1; n <= runs; ++n) {
            begins.push_back(one_begin("t", n)[0]);
            ends.push_back(one_end("t", n, std::string(16 << 10, 'x'))[0]);
        }
        blocking(repository->begin_runs(std::move(begins))).value();
        disk.fail_syncs(error);
        blocking(repository->finish_runs(std::move(ends))).value();
        for (int i = 0; i != 3; ++i) CHECK(error_of(repository->users()));
        CHECK(error_of(repository->begin_runs(one_begin("t", runs + 1))));
        disk.fail_syncs(0);
        for (int i = 0; i != 1'000'000 && error_of(repository->users()); ++i) {
        }
        CHECK(blocking(repository->begin_runs(one_begin("t", runs + 1))).value()[0].state ==
              begin_state::recorded);
        CHECK(blocking(repository->find_run(id(runs))).value()->outcome == outcome::success);
        CHECK(blocking(repository->find_damage(10)).value().empty());
    }
}

TEST_SUITE_END();
