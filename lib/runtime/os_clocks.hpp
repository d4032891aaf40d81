// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_OS_CLOCKS_HPP
#define RONDO_RUNTIME_OS_CLOCKS_HPP

#include <rondo/time.hpp>

namespace rondo::runtime {

/// What the clocks of the operating system show. Any thread.
class os_clocks {
public:
    virtual ~os_clocks() = default;

    [[nodiscard]] virtual wall_time wall() const noexcept = 0;
    /// The monotonic clock that timers follow. It may stand still while the machine sleeps.
    [[nodiscard]] virtual steady_time awake() const noexcept = 0;
    /// As `awake` until the machine sleeps for the first time in the life of the process, but it goes on
    /// meanwhile.
    [[nodiscard]] virtual steady_time elapsed() const noexcept = 0;
};

/// Those of this machine.
[[nodiscard]] const os_clocks& this_machine() noexcept;

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_OS_CLOCKS_HPP
