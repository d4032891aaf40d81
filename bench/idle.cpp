// SPDX-License-Identifier: BSL-1.0
#include <callbacks.hpp>
#include <kernel.hpp>
#include <loop.hpp>
#include <ours.hpp>
#include <usage.hpp>
#include <work.hpp>
#ifdef RONDO_BENCH_UV
#include <uv.hpp>
#endif

#include <fmt/format.h>

#include <algorithm>

namespace rondo::bench {
namespace {

double seconds_since(steady::time_point start) {
    return std::chrono::duration<double>(steady::now() - start).count();
}

// Memory, the cost of coming and going, and of being there.
template <class Subject>
values measure_idle(std::size_t n, std::chrono::nanoseconds idle_for) {
    Subject subject(std::chrono::milliseconds(1));
    std::uint64_t runs = 0;
    double before = resident_bytes();

    auto start = steady::now();
    subject.add_idle(n, runs);
    double add_seconds = seconds_since(start);
    double bytes = resident_bytes() - before;

    auto cpu_before = cpu_time();
    start = steady::now();
    subject.stage().at(start + idle_for, [&] { subject.stage().stop(); });
    subject.stage().run();
    double idle_cpu =
        std::chrono::duration<double, std::micro>(cpu_time() - cpu_before).count() / seconds_since(start);

    auto order = shuffled(n);
    start = steady::now();
    subject.remove(order);
    double remove_seconds = seconds_since(start);

    auto count = static_cast<double>(n);
    return {bytes / count, count / add_seconds, count / remove_seconds, idle_cpu};
}

} // namespace

std::vector<work> idle_works(const extent& e) {
    std::vector<work> works;
    auto idle_for = std::min<std::chrono::nanoseconds>(e.window, std::chrono::seconds(1));
    for (auto [name, n] : {std::pair("idle-1k", 1'000u), {"idle-100k", 100'000u}, {"idle-1m", 1'000'000u}}) {
        if (n > e.idle_tasks_max) continue;
        auto add = [&, tasks = n](std::string whole_name, auto measure, auto measure_ours) {
            works.push_back({std::move(whole_name),
                             {{"bytes_per_task", "B"},
                              {"adds_per_second", "1/s"},
                              {"removes_per_second", "1/s"},
                              {"idle_cpu_us_per_second", "us/s"}},
                             [=] { return measure_ours(tasks, idle_for); },
                             [=] { return measure(tasks, idle_for); }});
        };
        const auto us = measure_idle<ours>;
        add(name, measure_idle<hand_written_loop>, us);
        if (n < 1'000'000) continue;
        add(std::string(name) + "-one-by-one", measure_idle<hand_written_loop>,
            measure_idle<ours_one_by_one>);
        add(std::string(name) + "-callbacks", measure_idle<callback_chain>, us);
        add(std::string(name) + "-kernel", measure_idle<kernel_loop>, us);
#ifdef RONDO_BENCH_UV
        add(std::string(name) + "-uv", measure_idle<uv_timers>, us);
#endif
    }
    return works;
}

} // namespace rondo::bench
