// SPDX-License-Identifier: BSL-1.0
#include <callbacks.hpp>
#include <kernel.hpp>
#include <loop.hpp>
#include <ours.hpp>
#include <usage.hpp>
#include <work.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace rondo::bench {
namespace {

constexpr std::size_t tasks = 1'000;
constexpr std::chrono::milliseconds period(100);
constexpr std::chrono::milliseconds warm_up(100);

// By nearest rank.
double percentile_us(const std::vector<std::chrono::nanoseconds>& sorted, double share) {
    auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return std::chrono::duration<double, std::micro>(sorted[std::max<std::size_t>(rank, 1) - 1]).count();
}

template <class Subject>
values measure_lateness(std::chrono::nanoseconds resolution, std::chrono::nanoseconds length) {
    Subject subject(resolution);
    plan p = make_plan(tasks, period);
    recorder r(p.base);
    subject.add_recording(p, r);
    (void)run_window(subject.stage(), p.base.steady + period + warm_up, length, r.runs(), r.open);
    const auto& sorted = r.sorted();
    return {percentile_us(sorted, 0.5), percentile_us(sorted, 0.99), percentile_us(sorted, 0.999),
            percentile_us(sorted, 1), static_cast<double>(r.early())};
}

} // namespace

std::vector<work> lateness_works(const extent& e) {
    using namespace std::chrono_literals;
    std::vector<work> works;
    for (std::chrono::nanoseconds resolution : {1'000'000ns, 0ns}) {
        auto add = [&](const char* name, auto measure) {
            works.push_back({name,
                             {{"p50_us", "us"},
                              {"p99_us", "us"},
                              {"p99_9_us", "us"},
                              {"max_us", "us"},
                              {early_figure, "runs", figure::over_rounds::max}},
                             [=, length = e.window] { return measure_lateness<ours>(resolution, length); },
                             [=, length = e.window] { return measure(resolution, length); }});
        };
        if (resolution != 0ns) {
            add("lateness", measure_lateness<hand_written_loop>);
            continue;
        }
        add("lateness-exact", measure_lateness<hand_written_loop>);
        add("lateness-exact-callbacks", measure_lateness<callback_chain>);
        add("lateness-exact-kernel", measure_lateness<kernel_loop>);
    }
    return works;
}

} // namespace rondo::bench
