// SPDX-License-Identifier: BSL-1.0
#include <usage.hpp>

#include <boost/asio/steady_timer.hpp>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace rondo::bench {
namespace {

std::chrono::nanoseconds to_duration(const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
}

} // namespace

std::chrono::nanoseconds cpu_time() {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) != 0) throw std::runtime_error("getrusage fails");
    return to_duration(used.ru_utime) + to_duration(used.ru_stime);
}

double resident_bytes() {
    ::malloc_trim(0);
    std::ifstream statm("/proc/self/statm");
    double size = 0;
    double resident = 0;
    double shared = 0;
    if (!(statm >> size >> resident >> shared)) throw std::runtime_error("/proc/self/statm cannot be read");
    return (resident - shared) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double peak_bytes() {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) != 0) throw std::runtime_error("getrusage fails");
    return 1024.0 * static_cast<double>(used.ru_maxrss);
}

window run_window(stage& loop, steady::time_point begin, std::chrono::nanoseconds length,
                  const std::uint64_t& runs, bool& open) {
    begin = std::max(begin, steady::now()); // adding the tasks may have taken longer than planned
    window before;
    window after;
    auto read = [&runs](window& w) {
        w.elapsed = steady::now().time_since_epoch();
        w.cpu = cpu_time();
        w.runs = std::atomic_ref(const_cast<std::uint64_t&>(runs)).load(std::memory_order_relaxed);
    };
    loop.at(begin, [&] {
        open = true;
        read(before);
    });
    loop.at(begin + length, [&] {
        read(after);
        open = false;
        loop.stop();
    });
    loop.run();
    if (after.runs == before.runs) throw std::runtime_error("nothing ran");
    return {after.elapsed - before.elapsed, after.cpu - before.cpu, after.runs - before.runs};
}

} // namespace rondo::bench
