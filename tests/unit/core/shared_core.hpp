// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_CORE_SHARED_CORE_HPP
#define RONDO_TESTS_UNIT_CORE_SHARED_CORE_HPP

#include <core/scheduler.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo::test {

using namespace std::chrono_literals;

constexpr instant now_at(std::chrono::nanoseconds t) {
    return {steady_time(t + 1h), wall_time(std::chrono::floor<wall_time::duration>(t) + 24h)};
}

/// A core whose passes go one task at a time, and who obeys it.
struct shared_core {
    /// Slots are decided so long before they are due.
    explicit shared_core(std::chrono::nanoseconds lead = 0ns,
                         core::scheduler_options options = {.shared = true})
        : core([&] {
              options.work_max = 1;
              return options;
          }()) {
        core.set_lead(lead);
        for (const char* uid : {"a", "b", "c"}) add(uid);
    }

    /// `next_slot`: it is known, and that is its cursor, of another schedule if it has `changed`.
    void add(std::string_view uid, const core::task_policy& policy = {}, schedule when = every(1h),
             moment next_slot = {}, bool changed = false) {
        core::task_spec spec{.uid = uid,
                             .name = uid,
                             .when = std::move(when),
                             .first = after_interval,
                             .policy = policy,
                             .payload = std::make_unique<core::task_payload>()};
        core::task_record& task = *core.reserve(spec).value();
        const task_definition d = core.definition(task, now);
        task_state state;
        state.created = !next_slot;
        state.schedule_changed = changed;
        state.anchor = next_slot ? *next_slot - 2h : d.anchor;
        state.next_slot = next_slot ? next_slot : d.first_slot;
        REQUIRE(core.activate(task, state, now));
        obey();
    }
    core::decision trigger(std::string_view uid, std::optional<overlap> how = {}) {
        REQUIRE(core.trigger(*core.find(uid), {}, how, now));
        obey();
        std::vector<core::decision> all;
        core.take_decisions(all);
        return all.empty() ? core::decision() : std::move(all.front());
    }
    /// What is decided then.
    std::vector<core::decision> decided(instant at) {
        now = at;
        do {
            core.on_time(now);
            obey();
        } while (core.next_wakeup(now) <= now.steady);
        std::vector<core::decision> all;
        core.take_decisions(all);
        return all;
    }
    /// Its next decision, by now.
    core::decision decide(std::string_view uid) {
        for (core::decision& d : decided(now))
            if (d.request.uid == uid) return std::move(d);
        FAIL("nothing is decided");
        return {};
    }
    [[nodiscard]] rondo::counters counters(std::string_view uid = "a") {
        return core.stat_of(*core.find(uid)).counters;
    }
    /// What it told, in words; each may still be looked at.
    std::vector<std::string> obey() {
        std::vector<std::string> told;
        for (const core::action& a : core.actions()) {
            using kind = enum core::action::kind;
            if (a.kind == kind::end_run)
                told.push_back(std::string(to_string(a.outcome)) + " " + a.run->why_cancelled);
        }
        core.actions().clear();
        return told;
    }

    core::scheduler core;
    instant now = now_at(0s);
};

} // namespace rondo::test

#endif // RONDO_TESTS_UNIT_CORE_SHARED_CORE_HPP
