// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_COMPARE_HPP
#define RONDO_TESTS_TRACES_COMPARE_HPP

#include <traces/workload.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rondo::traces {

/// Where two traces part.
struct difference {
    std::size_t line = 0; ///< the first that is not the same, from 0
    std::vector<std::string> core;
    std::vector<std::string> shell;
};

struct tally {
    std::uint64_t runs = 0;
    std::uint64_t slots_skipped = 0;
    std::uint64_t lines = 0;
};

/// Plays a workload on both; nothing if the traces are equal.
[[nodiscard]] std::optional<difference> compare(const workload& w, tally& sum);
/// As above, each with a workload of its own.
[[nodiscard]] std::optional<difference> compare(const workload& core, const workload& shell, tally& sum);

/// The workload without what is not needed for a difference.
[[nodiscard]] workload minimised(workload w);

/// For people: the workload, and the trace that the core has of it.
void print(const workload& w);
/// As above, and the first line that differs, with those around it.
void print(const workload& w, const difference& d);

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_COMPARE_HPP
