// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/open_file.hpp>

#include <repository/blocking.hpp>
#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <atomic>
#include <ostream>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/sqlite_full");

namespace {

using namespace rondo;
using namespace rondo::testing;

/// A disk with room for so many pages.
class small_disk {
public:
    [[nodiscard]] sqlite::detail::seams seams() {
        sqlite::detail::seams s;
        s.before_transaction = [this](sqlite3* db) {
            const std::string sql = "pragma max_page_count=" + std::to_string(pages.load());
            sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
        };
        return s;
    }

    std::atomic<int> pages{1'000'000};
};

} // namespace

TEST_CASE("a full disk is told, loses nothing, and is forgotten when there is room") {
    small_disk disk;
    const scratch_folder folder;
    const std::string path = folder.path("a.db");
    {
        const auto repository = sqlite::detail::open_file(path, {}, disk.seams()).value();
        blocking(repository->register_tasks(one_task("t"))).value();
        blocking(repository->begin_runs(one_begin("t", 1))).value();
        disk.pages = 1; // which means: as many as it has
        const std::string message(100'000, 'm');
        CHECK(error_of(repository->finish_runs(one_end("t", 1, message))) == errc::store_full);
        CHECK(error_of(repository->finish_runs(one_end("t", 1, message))) == errc::store_full);
        const auto in_flight = blocking(repository->find_run(id(1))).value();
        REQUIRE(in_flight);
        CHECK_FALSE(in_flight->outcome);
        disk.pages = 1'000'000;
        CHECK(blocking(repository->finish_runs(one_end("t", 1, message))).value()[0] ==
              finish_state::recorded);
    }
    CHECK(raw_database(path).text("pragma integrity_check") == "ok");
}

TEST_CASE("on a full disk the small call of a group finds room that the large one does not") {
    small_disk disk;
    const scratch_folder folder;
    const auto repository = sqlite::detail::open_file(folder.path("a.db"), {}, disk.seams()).value();
    blocking(repository->register_tasks(one_task("t"))).value();
    blocking(repository->begin_runs(one_begin("t", 1))).value();
    disk.pages = 1;
    boost::asio::io_context io{1};
    const auto large = launch<std::vector<finish_state>>(
        io, repository->finish_runs(one_end("t", 1, std::string(100'000, 'm'))));
    const auto small = launch<std::vector<begin_answer>>(io, repository->begin_runs(one_begin("t", 2)));
    const auto reading = launch<history_page>(io, repository->history({}));
    io.run();
    CHECK(large->value().error() == errc::store_full);
    CHECK(small->value().has_value());
    CHECK(reading->value().has_value());
}

TEST_SUITE_END();
