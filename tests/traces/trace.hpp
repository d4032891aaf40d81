// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_TRACE_HPP
#define RONDO_TESTS_TRACES_TRACE_HPP

#include <rondo/error.hpp>
#include <rondo/event.hpp>
#include <rondo/record.hpp>
#include <rondo/run.hpp>
#include <rondo/stat.hpp>
#include <rondo/time.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::traces {

/// What happened in a play, one line per transition, and what each operation was answered.
class trace {
public:
    /// All that is told from now on happens so long after the beginning.
    void pass_to(std::chrono::nanoseconds t) noexcept { now_ = t; }

    void say(std::string_view what);
    void tell(const event& e);
    /// What the repository is asked to store.
    void tell(const begin_request& r);
    void tell(const finish_request& r);
    void tell(const stat& s);
    void tell(const manager_stat& s);
    /// On record, at the end.
    void tell(const run& r);
    void answer(std::size_t operation, std::string_view what);

    /// One of the runs of a task that are known and not over, or nothing.
    [[nodiscard]] std::optional<run_id> pick(const std::string& uid, std::size_t which) const;
    /// A new life begins: those of the life before are nobody's any more.
    void forget_runs() { known_.clear(); }

    /// All lines, the answers last.
    [[nodiscard]] std::vector<std::string> lines() const;
    [[nodiscard]] std::uint64_t runs() const noexcept { return runs_; }
    [[nodiscard]] std::uint64_t slots_skipped() const noexcept { return slots_skipped_; }

private:
    std::chrono::nanoseconds now_{0};
    std::vector<std::string> lines_;
    std::map<std::size_t, std::string> answers_;
    std::map<std::string, std::vector<run_id>> known_; // by uid
    std::uint64_t runs_ = 0;
    std::uint64_t slots_skipped_ = 0;
};

[[nodiscard]] std::string text_of(const backfill_progress& p);

// The error, or the value.
[[nodiscard]] std::string text_of(const result<void>& r);
[[nodiscard]] std::string text_of(const result<run>& r);
[[nodiscard]] std::string text_of(const result<run_id>& r);
[[nodiscard]] std::string text_of(const result<std::size_t>& r);
[[nodiscard]] std::string text_of(const result<backfill_progress>& r);

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_TRACE_HPP
