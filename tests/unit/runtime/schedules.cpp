// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

struct each_ten_days {
    moment next_after(wall_time t) const {
        constexpr std::chrono::days ten(10);
        return wall_time(std::chrono::floor<std::chrono::duration<int, std::ratio<864'000>>>(t) + ten);
    }
};

std::vector<std::pair<std::string, schedule>> one_of_each_kind() {
    using namespace std::chrono;
    calendar closed;
    closed.zone("Europe/Brussels").weekend().dates(2025y / July / 15, 2025y / August / 15).hours(22h, 6h);
    return {
        {"every", every(6h)},
        {"once", once()},
        {"at", at(sys_days(2025y / March / 31) + 1h)},
        {"cron", cron<"30 2 * * *">.zone("Europe/Brussels")},
        {"shift",
         cron<"15,45 2 * * *">.zone("Europe/Brussels").gap(gap_rule::shift).overlap(overlap_rule::both)},
        {"hourly", cron<"7 * * * *">.zone("Australia/Lord_Howe")},
        {"quartz", cron<"0 0 9 LW * ?", cron_dialect::quartz>.zone("America/New_York")},
        {"hashed", cron<"H H * * *">},
        {"either", either(cron<"0 12 * * *">, every(days(7)))},
        {"except", except(cron<"0 */5 * * *">.zone("Europe/Brussels"), closed)},
        {"between",
         schedule(cron<"0 0 * * *">).between(sys_days(2025y / May / 1), sys_days(2025y / June / 1))},
        {"max_runs", every(days(1)).max_runs(10)},
        {"jitter", schedule(cron<"0 4 * * *">).jitter(30min)},
        {"weeks", every_weeks(2).on(Monday).at(9h).zone("Europe/Brussels")},
        {"months", every_months(1).on_last_working_day().at(17h + 30min)},
        {"custom", custom(each_ten_days())},
    };
}

} // namespace

TEST_SUITE_BEGIN("runtime/schedules");

TEST_CASE("each kind of schedule runs a year at the instants that its preview lists") {
    world w;
    w.start();
    auto kinds = one_of_each_kind();
    std::map<std::string, std::vector<wall_time>> ran;
    std::map<std::string, std::vector<wall_time>> promised;
    wall_time end = w.clock.now().wall + std::chrono::days(365);
    for (auto& [uid, when] : kinds) {
        auto note = [&at = ran[uid]](context ctx) -> asio::awaitable<void> {
            at.push_back(ctx.scheduled_at());
            co_return;
        };
        REQUIRE(w.add(task(uid, "", when, note)));
        promised[uid] = ran[uid]; // what the add has started
        auto slots = w.tasks->next_runs(uid, 10'000).value();
        for (wall_time slot : slots)
            if (slot <= end) promised[uid].push_back(slot);
    }
    w.pass(std::chrono::days(365));
    for (auto& kind : kinds) {
        const auto& uid = kind.first; // clang 14 captures no structured binding
        CAPTURE(uid);
        CHECK(ran[uid] == promised[uid]);
        CHECK(ran[uid].size() >= 1);
        CHECK(w.find(uid).counters.skipped_missed == 0);
        auto before = w.tasks->previous_runs(uid, end, 10'000).value();
        std::ranges::reverse(before);
        if (!promised[uid].empty() && promised[uid].back() == end) before.push_back(end);
        CHECK(before == promised[uid]);
    }
    CHECK(ran["hourly"].size() == 365 * 24 - 1); // 02:07 of the day on which 02:00 becomes 02:30
    CHECK(ran["cron"].size() == 365);
    CHECK(ran["shift"].size() == 2 * 365 + 2);
    CHECK(ran["max_runs"].size() == 10);
}

TEST_CASE("a task says why it runs and why not") {
    world w;
    w.start();
    using namespace std::chrono;
    REQUIRE(w.add(task("a", "", cron<"30 2 * * *">.zone("Europe/Brussels"), nothing)));
    auto why = [&](wall_time t) { return w.tasks->explain("a", t).value(); };
    CHECK(why(sys_days(2025y / March / 30) + 1h).find("2025-03-30 02:30:00, which the clocks jump over") !=
          std::string::npos);
    CHECK(why(sys_days(2025y / October / 26) + 1h + 30min).find("only the first counts") !=
          std::string::npos);
    CHECK(why(sys_days(2025y / June / 1)).find("the field 'minute' does not allow 0") != std::string::npos);
    CHECK(why(sys_days(2024y / June / 1) + 30min).find("first added at") != std::string::npos);
    w.pass(48h);
    CHECK(why(sys_days(2025y / January / 2) + 90min).find("see the history") != std::string::npos);
    CHECK(w.tasks->explain("b", wall_time()).error() == errc::task_not_exists);
}

TEST_CASE("a schedule that cannot be obeyed is logged with what is wrong") {
    world w;
    w.start();
    CHECK(w.add(task("a", "", cron_schedule("0 3 * * 8"), nothing)).error() == errc::invalid_schedule);
    CHECK(w.logged("field 'day of week', column 9: 8 is out of range 0-7"));
    CHECK(w.add(task("b", "", cron_schedule("0 3 * * *").zone("Europe/Brussel"), nothing)).error() ==
          errc::invalid_schedule);
    CHECK(w.logged("unknown time zone 'Europe/Brussel'"));
    REQUIRE(w.add(task("c", "", cron_schedule("0 3 30 2 *"), nothing)));
    CHECK(w.logged("it never fires"));
}

TEST_SUITE_END();

} // namespace rondo::tests
