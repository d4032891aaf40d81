// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_WORKLOAD_HPP
#define RONDO_TESTS_TRACES_WORKLOAD_HPP

#include <rondo/pause.hpp>
#include <rondo/run.hpp>
#include <rondo/schedule.hpp>
#include <rondo/task.hpp>
#include <rondo/words.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::traces {

/// Where the wall clock of both plays stands at first.
inline constexpr wall_time wall_begin = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);

/// What the bodies of a task do; each run draws its own act.
struct body_plan {
    std::chrono::microseconds shortest{0};
    std::chrono::microseconds longest{0};
    int fails_percent = 0;
    int obeys_late_percent = 0;
    int ignores_percent = 0;
    std::uint32_t last_attempt = 0; ///< after which `retry_if` wants no other; 0: all are wanted
};

/// What one run does.
struct body_act {
    std::chrono::nanoseconds length{0};
    std::chrono::nanoseconds later{0}; ///< how long it goes on after its cancellation
    bool goes_on = false;              ///< as if there was none
    bool fails = false;
};

/// Drawn from what a run is, so that it is the same in both plays, whatever else happens.
[[nodiscard]] body_act act_of(std::uint64_t seed, const body_plan& plan, std::string_view uid, wall_time slot,
                              std::uint32_t attempt);

struct task_plan {
    std::string uid;
    schedule when = once();
    task_options options;
    body_plan body;
};

/// Something that a user, or the world, does.
struct operation {
    enum class kind : std::uint8_t {
        add,
        replace,
        update,
        remove,
        pause,
        resume,
        pause_all,
        resume_all,
        trigger,
        run,
        cancel_run,
        cancel_task,
        detach,
        backfill,
        look,
        set_wall,
        stall,
        shutdown,
        start,
    };
    static constexpr std::size_t kinds = 19;

    kind what = kind::look;
    std::chrono::nanoseconds at{0}; ///< after the beginning, or as soon as the loop is free
    std::size_t plan = 0;           ///< of an add or an update
    std::string uid;
    std::vector<user> users;
    std::optional<overlap> policy;
    resume_from from = resume_from::now;
    std::size_t which = 0; ///< of the runs that are known
    std::chrono::microseconds first{
        0}; ///< of a backfill: from so long ago; of a step: by so much; a time to take
    std::chrono::microseconds last{0}; ///< of a backfill: until so long ago
    bool until = false;                ///< of a pause: it ends by itself, `first` from now
};

/// What both plays are given.
struct workload {
    std::uint64_t seed = 0;
    std::chrono::nanoseconds resolution{0};
    std::size_t runs_in_flight_max = 0;
    std::size_t runs_waiting_max = 0;
    std::chrono::nanoseconds cancel_grace{0};
    std::vector<task_plan> plans;
    std::vector<operation> operations;
};

[[nodiscard]] std::string to_string(const task_plan& p);
[[nodiscard]] std::string to_string(const operation& o);

/// The workload of a seed.
[[nodiscard]] workload draw_workload(std::uint64_t seed);

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_WORKLOAD_HPP
