// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_MEMORY_HPP
#define RONDO_MEMORY_HPP

#include <rondo/repository.hpp>

#include <cstddef>
#include <memory>

namespace rondo::memory {

/// How much history to hold.
struct options {
    std::size_t runs_per_task_max = 100; ///< at least 1; the oldest ended run of the task goes first
    std::size_t runs_max = 100'000;      ///< in all; at least 1; then the oldest ended run goes
};

/// A repository in memory, gone with its last owner. Calls complete without suspending, but for a
/// `summary` of more than a thousand tasks or runs.
/// Thread safety: may be shared by managers on different threads.
[[nodiscard]] std::shared_ptr<repository> open(options opt = {});

} // namespace rondo::memory

#endif // RONDO_MEMORY_HPP
