// SPDX-License-Identifier: BSL-1.0
#include <loop.hpp>
#include <ours.hpp>
#include <usage.hpp>
#include <work.hpp>

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
    subject.io().run_for(idle_for);
    double idle_cpu =
        std::chrono::duration<double, std::micro>(cpu_time() - cpu_before).count() / seconds_since(start);
    subject.io().restart();

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
        works.push_back({name,
                         {{"bytes_per_task", "B"},
                          {"adds_per_second", "1/s"},
                          {"removes_per_second", "1/s"},
                          {"idle_cpu_us_per_second", "us/s"}},
                         [n = n, idle_for] { return measure_idle<ours>(n, idle_for); },
                         [n = n, idle_for] { return measure_idle<hand_written_loop>(n, idle_for); }});
    }
    return works;
}

} // namespace rondo::bench
