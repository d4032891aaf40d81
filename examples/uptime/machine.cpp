// SPDX-License-Identifier: BSL-1.0
#include "machine.hpp"

#include <fmt/format.h>

#include <sys/statvfs.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace uptime {
namespace {

double load() {
    std::ifstream file("/proc/loadavg");
    double one_minute = 0;
    if (!(file >> one_minute)) throw std::runtime_error("cannot read /proc/loadavg");
    return one_minute;
}

std::string used_of(double used, double all) {
    constexpr double gib = 1024.0 * 1024 * 1024;
    return fmt::format("{:.0f} % of {:.1f} GiB", all > 0 ? 100 * used / all : 0, all / gib);
}

std::string memory() {
    std::ifstream file("/proc/meminfo");
    double total = -1, available = -1;
    std::string key, unit;
    for (double kib = 0; (total < 0 || available < 0) && file >> key >> kib && std::getline(file, unit);) {
        if (key == "MemTotal:") total = kib * 1024;
        if (key == "MemAvailable:") available = kib * 1024;
    }
    if (total < 0 || available < 0) throw std::runtime_error("cannot read /proc/meminfo");
    return used_of(total - available, total);
}

std::string disk(const std::string& folder) {
    struct statvfs s = {};
    if (::statvfs(folder.c_str(), &s) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot measure " + folder);
    const auto block = static_cast<double>(s.f_frsize);
    return used_of(block * static_cast<double>(s.f_blocks - s.f_bavail),
                   block * static_cast<double>(s.f_blocks));
}

} // namespace

std::string machine_now(const std::string& folder) {
    return fmt::format("load {:.2f}, memory {}, disk {}", load(), memory(), disk(folder));
}

} // namespace uptime
