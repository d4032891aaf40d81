// SPDX-License-Identifier: BSL-1.0
#include <crash/checker.hpp>
#include <crash/faulty_disk.hpp>
#include <crash/flaws.hpp>
#include <crash/tasks.hpp>

#include <rondo/manager.hpp>
#include <rondo/sqlite.hpp>

#include <repository/scratch_folder.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("crash/full_disk");

namespace {

using namespace rondo;
using namespace rondo::crash;
using namespace std::chrono_literals;

/// What was dropped of a task, by the events that say so, into its record.
void add_dropped(recorded_task& task, const plan& p, const std::vector<event>& dropped) {
    std::map<std::string, std::string> outcomes; // by run
    for (const event& e : dropped)
        if (e.outcome) outcomes[hex(e.id)] = to_string(*e.outcome);
    std::set<std::string> known;
    for (const recorded_run& r : task.runs) known.insert(r.id);
    for (const event& e : dropped) {
        if (e.outcome) continue;
        const std::int64_t slot = e.scheduled_at.time_since_epoch().count();
        const auto count = static_cast<std::int64_t>(e.count);
        if (count != 0)
            task.skips.push_back(
                {std::string(to_string(e.reason)), slot, slot + (count - 1) * p.interval, count});
        else if (known.insert(hex(e.id)).second) // its end may have brought it
            task.runs.push_back({hex(e.id), std::string(to_string(e.trigger)), slot, slot, {}, {}, 1, 0});
    }
    // A begin that follows dropped ones is refused, and goes on record with its end, unless that is dropped, too.
    for (const event& e : dropped) {
        const std::int64_t slot = e.scheduled_at.time_since_epoch().count();
        if (e.outcome && known.insert(hex(e.id)).second)
            task.runs.push_back({hex(e.id), std::string(to_string(e.trigger)), slot, slot, {}, {}, 1, 0});
    }
    task.token = 0;
    for (recorded_run& r : task.runs) {
        r.token = ++task.token;
        const auto outcome = outcomes.find(r.id);
        if (!r.outcome.empty() || outcome == outcomes.end()) continue;
        r.outcome = outcome->second;
        r.finished_at = r.started_at;
    }
}

/// Tasks under way on a database on a faulty disk.
class loaded_manager {
public:
    loaded_manager(const std::vector<plan>& plans, std::size_t outbox_max)
        : journal_(folder_.path("journal"), 1), tasks_(io_.get_executor(), open(), options_for(outbox_max)),
          events_(tasks_.subscribe(1'000'000)) {
        bool ready = false;
        tasks_.async_start([&](const result<start_report>& r) { ready = r.has_value(); });
        wait_until([&] { return ready; });
        for (const plan& p : plans)
            tasks_.async_add(make_task(p, journal_), [](const result<void>& r) { CHECK(r.has_value()); });
        wait_for_runs(10);
    }

    void wait_until(const std::function<bool()>& holds) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (!holds()) {
            REQUIRE(std::chrono::steady_clock::now() < until);
            io_.run_for(2ms);
            take_events();
            outbox_largest = std::max(outbox_largest, tasks_.state().outbox);
        }
    }
    /// So many more.
    void wait_for_runs(std::uint64_t n) {
        const std::uint64_t before = started;
        wait_until([&] { return started >= before + n; });
    }
    void wait_for_recovery() {
        wait_until([&] { return !tasks_.state().store_down && tasks_.state().outbox == 0; });
    }

    /// Ends all in good order, and looks at the record.
    [[nodiscard]] findings stop_and_check(const std::vector<plan>& plans) {
        stop();
        return check(read_record(folder_.path("a.db")), read_journal(folder_.path("journal")), plans, {});
    }
    /// As if what was named as dropped were on record.
    [[nodiscard]] findings stop_and_check_with_dropped(const std::vector<plan>& plans) {
        stop();
        const auto entries = read_journal(folder_.path("journal"));
        crash::record r = read_record(folder_.path("a.db"));
        std::map<std::string, std::vector<event>, std::less<>> dropped_of;
        for (const event& e : dropped) dropped_of[e.uid.str()].push_back(e);
        for (const plan& p : plans) add_dropped(r.tasks.at(p.uid), p, dropped_of[p.uid]);
        return check(r, entries, plans, {});
    }

    [[nodiscard]] manager_stat state() const { return tasks_.state(); }

    std::chrono::seconds patience = 30s;
    faulty_disk disk; // before what is on it
    std::uint64_t started = 0;
    std::uint64_t failures = 0;   // of the store
    std::uint64_t recoveries = 0; // likewise
    std::size_t outbox_largest = 0;
    std::vector<event> dropped;

private:
    void stop() {
        std::optional<shutdown_report> report;
        tasks_.async_shutdown(10s, [&](const result<shutdown_report>& r) { report = r.value(); });
        wait_until([&] { return report.has_value(); });
        CHECK(report->unrecorded == 0);
        take_events();
        journal_.life_ends();
    }

    std::shared_ptr<repository> open() {
        return witnessed(sqlite::open(folder_.path("a.db")).value(), journal_);
    }
    static manager_options options_for(std::size_t outbox_max) {
        manager_options o;
        o.outbox_max = outbox_max;
        o.log = {};
        return o;
    }
    void take_events() {
        while (const auto e = events_.try_next()) {
            started += e->kind == event_kind::run_started ? 1 : 0;
            failures += e->kind == event_kind::store_failed ? 1 : 0;
            recoveries += e->kind == event_kind::store_recovered ? 1 : 0;
            if (e->kind == event_kind::record_dropped) dropped.push_back(*e);
        }
    }

    testing::scratch_folder folder_;
    journal journal_;
    boost::asio::io_context io_{1};
    manager tasks_;
    event_stream events_;
};

std::vector<plan> busy_plans(std::size_t count) {
    std::vector<plan> plans(count);
    for (std::size_t i = 0; i != count; ++i) {
        plans[i].uid = "task-" + std::to_string(i);
        plans[i].interval = 20'000 + static_cast<std::int64_t>(i % 7) * 1000;
    }
    return plans;
}

} // namespace

TEST_CASE("on a full disk runs go on, and when there is room all of them go on record") {
    const auto plans = busy_plans(20);
    loaded_manager m(plans, 100'000);
    m.disk.room(m.disk.used());
    m.wait_until([&] { return m.state().store_down; });
    m.wait_for_runs(500);
    CHECK(m.disk.refused() > 0);
    CHECK(m.state().outbox > 0);
    CHECK(m.failures == 1);
    CHECK(m.recoveries == 0);
    m.disk.room(1 << 30);
    m.wait_for_recovery();
    CHECK(m.recoveries == 1);
    m.wait_for_runs(100);
    CHECK(m.state().outbox_dropped == 0);
    const findings f = m.stop_and_check(plans);
    CHECK(f.text() == "");
    CHECK(f.ok());
    CHECK(f.runs >= 600);
    CHECK(f.abandoned == 0);
}

TEST_CASE("an outbox that is too small for an outage stays small, and names all that it drops") {
    const auto plans = busy_plans(20);
    constexpr std::size_t outbox_max = 100;
    loaded_manager m(plans, outbox_max);
    m.disk.room(m.disk.used());
    m.wait_until([&] { return m.state().store_down; });
    m.wait_until([&] { return m.state().outbox_dropped > 500; });
    // Those that a call is under way for cannot be dropped.
    CHECK(m.outbox_largest < 2 * outbox_max);
    m.disk.room(1 << 30);
    m.wait_for_recovery();
    m.wait_for_runs(100);
    const findings f = m.stop_and_check_with_dropped(plans);
    CHECK(f.text() == "");
    CHECK(f.ok());
    CHECK(m.dropped.size() >= m.state().outbox_dropped);
}

// crash-tests --no-skip --test-case="*for a minute*"
TEST_CASE("on a disk that is full for a minute runs go on, and what was dropped is named" * doctest::skip()) {
    const auto plans = busy_plans(200);
    constexpr std::size_t outbox_max = 10'000; // the default
    loaded_manager m(plans, outbox_max);
    m.patience = 180s;
    m.disk.room(m.disk.used());
    m.wait_until([&] { return m.state().store_down; });
    const std::uint64_t before = m.started;
    const auto until = std::chrono::steady_clock::now() + 60s;
    m.wait_until([&] { return std::chrono::steady_clock::now() >= until; });
    const std::uint64_t in_outage = m.started - before;
    CHECK(in_outage > 60'000);
    CHECK(m.outbox_largest < outbox_max + 3000); // a call is under way, and what came while it is
    const std::size_t largest = m.outbox_largest;
    m.disk.room(std::int64_t{1} << 33);
    m.wait_for_recovery();
    m.wait_for_runs(1000);
    const findings f = m.stop_and_check_with_dropped(plans);
    CHECK(f.text() == "");
    CHECK(f.ok());
    CHECK(m.dropped.size() >= m.state().outbox_dropped);
    MESSAGE("runs in the outage: ", in_outage, ", largest outbox: ", largest,
            ", dropped and named: ", m.state().outbox_dropped, ", runs on record: ", f.runs);
}

TEST_CASE("a store comes back under a load that never pauses") {
    const auto plans = busy_plans(200);
    loaded_manager m(plans, 100'000);
    m.disk.room(m.disk.used());
    m.wait_until([&] { return m.state().store_down; });
    m.wait_for_runs(500);
    m.disk.room(1 << 30);
    m.wait_until([&] { return !m.state().store_down; });
    const findings f = m.stop_and_check(plans);
    CHECK(f.text() == "");
    CHECK(f.ok());
}

TEST_SUITE_END();
