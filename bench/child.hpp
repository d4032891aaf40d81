// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_CHILD_HPP
#define RONDO_BENCH_CHILD_HPP

#include <work.hpp>

#include <chrono>
#include <functional>
#include <optional>

namespace rondo::bench {

/// Calls `measure` in a forked process, so that its memory and CPU are its own, and gives what it
/// returned; nothing if it threw, died, or took longer than `limit`.
[[nodiscard]] std::optional<values> in_child(const std::function<values()>& measure,
                                             std::chrono::seconds limit);

} // namespace rondo::bench

#endif // RONDO_BENCH_CHILD_HPP
