// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTING_REPOSITORY_SUITE_VALUES_HPP
#define RONDO_TESTING_REPOSITORY_SUITE_VALUES_HPP

#include <rondo/repository.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::testing::detail {

/// Whole seconds after an instant that all cases share.
[[nodiscard]] wall_time at(std::int64_t seconds);

/// Ids that sort by `n`.
[[nodiscard]] run_id id(std::uint64_t n);

/// A task with a schedule, anchor and first slot: `at(0)`.
[[nodiscard]] task_definition task(std::string_view uid);

/// The cursor of `uid` goes from `at(slot)` to `at(slot + 10)`, with a run of that slot, which starts
/// one second late.
[[nodiscard]] begin_request slot_run(std::string_view uid, std::uint64_t run, std::int64_t slot);

/// A manual run, asked for and started at `at(now)`.
[[nodiscard]] begin_request manual_run(std::string_view uid, std::uint64_t run, std::int64_t now);

/// The end of a run that began so: success, one second after its start.
[[nodiscard]] finish_request end_of(const begin_request& begun, std::uint64_t token);

[[nodiscard]] skip_range skip(skip_reason reason, std::int64_t first, std::int64_t last, std::uint64_t count);

/// A request that moves the cursor and has a skip, but no run.
[[nodiscard]] begin_request skip_only(std::string_view uid, std::int64_t from, std::int64_t to,
                                      const skip_range& range);

/// All that matters of a value, as text, for comparisons and failures.
[[nodiscard]] std::string show(std::uint64_t n);
[[nodiscard]] std::string show(wall_time t);
[[nodiscard]] std::string show(const moment& m);
[[nodiscard]] std::string show(begin_state s);
[[nodiscard]] std::string show(finish_state s);
[[nodiscard]] std::string show(const std::optional<outcome>& o);
[[nodiscard]] std::string show(const begin_answer& a);
[[nodiscard]] std::string show(const task_state& s);
[[nodiscard]] std::string show(const skip_range& r);
[[nodiscard]] std::string show(const run& r);
[[nodiscard]] std::string show(const run_output& o);
[[nodiscard]] std::string show(const std::optional<run>& r);
[[nodiscard]] std::string show(const task_summary& s);
[[nodiscard]] std::string show(const user& u);

template <class T>
[[nodiscard]] std::string show(const std::vector<T>& values) {
    std::string text = "[";
    for (const T& v : values) text += (text.size() > 1 ? ", " : "") + show(v);
    return text + "]";
}

/// The numbers of their ids, in order: "3 2 1".
[[nodiscard]] std::string numbers(const std::vector<run>& runs);

} // namespace rondo::testing::detail

#endif // RONDO_TESTING_REPOSITORY_SUITE_VALUES_HPP
