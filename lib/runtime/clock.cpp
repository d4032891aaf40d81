// SPDX-License-Identifier: BSL-1.0
#include <rondo/clock.hpp>

#include <runtime/host_clock.hpp>

namespace rondo {

clock& system_clock() noexcept {
    return runtime::unwatched_clock();
}

} // namespace rondo
