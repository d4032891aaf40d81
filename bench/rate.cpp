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

#include <string>

namespace rondo::bench {
namespace {

struct load {
    const char* name;
    std::size_t tasks;
    std::chrono::microseconds period;
    std::chrono::microseconds tolerance{0}; ///< of ours; others have none
};

constexpr std::chrono::milliseconds warm_up(100);

// CPU of runs that do nothing.
template <class Subject>
values measure_rate(load l, std::chrono::nanoseconds resolution, std::chrono::nanoseconds length,
                    auto... more) {
    Subject subject(resolution, more...);
    std::uint64_t runs = 0;
    bool open = false;
    plan p = make_plan(l.tasks, l.period);
    if constexpr (requires { subject.tolerate(l.tolerance); }) subject.tolerate(l.tolerance);
    subject.add_counting(p, runs);
    window w = run_window(subject.stage(), p.base.steady + l.period + warm_up, length, runs, open);
    double elapsed = std::chrono::duration<double>(w.elapsed).count();
    double cpu = std::chrono::duration<double>(w.cpu).count();
    auto count = static_cast<double>(w.runs);
    return {count > 0 ? 1e9 * cpu / count : 0, count / elapsed, cpu / elapsed};
}

std::vector<figure> rate_figures() {
    return {{"cpu_ns_per_run", "ns"}, {"runs_per_second", "1/s"}, {"cores", "cores"}};
}

/// Beside the loop alone, at the default resolution.
void add_rate(std::vector<work>& works, load l, std::chrono::nanoseconds length, std::size_t threads) {
    constexpr std::chrono::milliseconds resolution(1);
    works.push_back({l.name, rate_figures(),
                     [=] { return measure_rate<ours>(l, resolution, length, threads); },
                     [=] { return measure_rate<hand_written_loop>(l, resolution, length, threads); }});
}

} // namespace

std::vector<work> rate_works(const extent& e) {
    using namespace std::chrono_literals;
    std::vector<work> works;
    for (load l : {load{"runs-10k", 1'000, 100ms}, {"runs-100k", 1'000, 10ms}, {"runs-1m", 10'000, 10ms}}) {
        for (std::chrono::nanoseconds resolution : {1'000'000ns, 0ns}) {
            std::string name = std::string(l.name) + (resolution == 0ns ? "-exact" : "");
            auto add = [&](const char* beside, auto measure) {
                works.push_back({name + beside, rate_figures(),
                                 [=, length = e.window] { return measure_rate<ours>(l, resolution, length); },
                                 [=, length = e.window] { return measure(l, resolution, length); }});
            };
            add("", measure_rate<hand_written_loop>);
            if (resolution == 0ns) continue;
            add("-callbacks", measure_rate<callback_chain>);
            add("-kernel", measure_rate<kernel_loop>);
#ifdef RONDO_BENCH_UV
            add("-uv", measure_rate<uv_timers>);
#endif
        }
    }
    // As the first, by tasks that may be late by a tenth of their interval.
    add_rate(works, {"runs-10k-tolerant", 1'000, 100ms, 10ms}, e.window, 1);
    // More than there is time for.
    add_rate(works, {"capacity", 10'000, 1ms}, e.window, 1);
    add_rate(works, {"capacity-2-threads", 10'000, 1ms}, e.window, 2);
    constexpr std::size_t million = 1'000'000;
    if (e.idle_tasks_max >= million) add_rate(works, {"million", million, 10s}, e.window, 1);
    return works;
}

} // namespace rondo::bench
