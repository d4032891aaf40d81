// SPDX-License-Identifier: BSL-1.0
#include <fleet/effects.hpp>

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rondo::fleet {
namespace {

std::int64_t in_us(wall_time t) noexcept {
    return t.time_since_epoch().count();
}

wall_time from_us(std::int64_t n) noexcept {
    return wall_time(std::chrono::microseconds(n));
}

wall_time machine_time() noexcept {
    return std::chrono::floor<wall_time::duration>(std::chrono::system_clock::now());
}

} // namespace

effects_log::effects_log(const std::string& file, std::string node)
    : file_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)), node_(std::move(node)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), file);
}

effects_log::~effects_log() {
    ::close(file_);
}

void effects_log::add(effect::kind what, const context& ctx) {
    const std::string line = fmt::format("{} {} {} {} {} {} {} {}\n", static_cast<char>(what), ctx.uid(),
                                         in_us(ctx.scheduled_at()), ctx.attempt(), ctx.fencing_token(),
                                         ctx.id(), node_, in_us(machine_time()));
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
}

std::vector<effect> read_effects(const std::string& file) {
    std::ifstream in(file);
    std::vector<effect> all;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        effect e;
        char what = 0;
        std::int64_t slot = 0;
        std::int64_t real = 0;
        words >> what >> e.uid >> slot >> e.attempt >> e.token >> e.run >> e.node >> real;
        if (!words || std::string("BSEX").find(what) == std::string::npos)
            throw std::runtime_error("a line of the log of effects is none: " + line);
        e.what = static_cast<effect::kind>(what);
        e.slot = from_us(slot);
        e.real = from_us(real);
        all.push_back(std::move(e));
    }
    return all;
}

} // namespace rondo::fleet
