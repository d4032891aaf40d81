// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_HOST_HPP
#define RONDO_RUNTIME_HOST_HPP

#include <runtime/clock_watch.hpp>
#include <runtime/os_clocks.hpp>

#include <functional>

namespace rondo::runtime {

/// What a manager without a clock of its user's learns the time from.
struct host {
    const os_clocks& clocks = this_machine();
    std::function<int()> open_watch = open_clock_watch;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_HOST_HPP
