// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUN_OUTPUT_HPP
#define RONDO_RUN_OUTPUT_HPP

#include <rondo/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rondo {

/// How far a run is.
struct run_progress {
    double share = 0; ///< 0 to 1
    std::string text; ///< what it is at, or empty; at most `progress_text_size_max` bytes
    wall_time at{};   ///< when its body said so

    friend bool operator==(const run_progress&, const run_progress&) = default;
};

/// A line that a body wrote.
struct run_line {
    wall_time at{};
    std::string text; ///< at most `run_line_size_max` bytes

    friend bool operator==(const run_line&, const run_line&) = default;
};

/// What a body tells of its run, through its context. All texts are UTF-8 without control characters but tabs: what was
/// not is U+FFFD here, and what was longer than it may be ends in an ellipsis.
struct run_output {
    std::optional<run_progress> progress; ///< the latest
    /// The latest, the oldest of them first: at most `run_lines_max`, with `run_lines_size_max` bytes in all.
    std::vector<run_line> lines;
    std::uint64_t lines_dropped = 0; ///< older ones, for which there was no room

    friend bool operator==(const run_output&, const run_output&) = default;
};

inline constexpr std::size_t run_lines_max = 100;
inline constexpr std::size_t run_line_size_max = 1024;
inline constexpr std::size_t run_lines_size_max = 8 * 1024;
inline constexpr std::size_t progress_text_size_max = 256;

} // namespace rondo

#endif // RONDO_RUN_OUTPUT_HPP
