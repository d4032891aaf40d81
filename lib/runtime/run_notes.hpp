// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_RUN_NOTES_HPP
#define RONDO_RUNTIME_RUN_NOTES_HPP

#include <rondo/run_output.hpp>
#include <rondo/time.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace rondo::runtime {

/// `text` as UTF-8 without control characters but tabs, in at most `size_max` bytes (at least 3): what is longer ends
/// in an ellipsis. Looks at no more of it than that takes.
[[nodiscard]] std::string harmless(std::string_view text, std::size_t size_max);

/// What a body has told of its run so far, within its bounds. Not thread-safe.
class run_notes {
public:
    void progress(double share, std::string_view text, wall_time at);
    void log(std::string_view text, wall_time at);
    [[nodiscard]] run_output copy() const;
    [[nodiscard]] const std::optional<run_progress>& latest_progress() const noexcept { return progress_; }

private:
    void add(std::string_view line, wall_time at);

    std::optional<run_progress> progress_;
    std::deque<run_line> lines_;
    std::size_t lines_size_ = 0; // of their texts
    std::uint64_t dropped_ = 0;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_RUN_NOTES_HPP
