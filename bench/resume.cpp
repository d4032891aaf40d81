// SPDX-License-Identifier: BSL-1.0
#include <sleeper.hpp>
#include <work.hpp>

namespace rondo::bench {
namespace {

// How long a handler keeps the loop from others, and what it all costs.
template <class Subject>
values measure_resume(Subject& subject, std::size_t n) {
    std::uint64_t runs = 0;
    subject.add(n, runs);
    double before = peak_bytes();
    subject.make_due();
    auto start = steady::now();
    double longest = longest_handler(subject.io(), [&] { return runs >= n; });
    return {1e3 * longest, seconds_since(start), (peak_bytes() - before) / static_cast<double>(n)};
}

} // namespace

std::vector<work> resume_works(const extent& e) {
    using namespace std::chrono_literals;
    std::vector<work> works;
    std::size_t n = e.idle_tasks_max;
    for (std::chrono::microseconds spread : {0s, 10s}) {
        if (spread > e.window * 5) continue;
        works.push_back({spread == 0s ? "resume" : "resume-spread",
                         {{"longest_handler_ms", "ms", figure::over_rounds::median, 100},
                          {"seconds", "s"},
                          {"bytes_per_task", "B"}},
                         [=] {
                             sleeper subject(spread);
                             return measure_resume(subject, n);
                         },
                         [=] {
                             expiring subject;
                             return measure_resume(subject, n);
                         }});
    }
    return works;
}

} // namespace rondo::bench
