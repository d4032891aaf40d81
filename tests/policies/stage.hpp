// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_POLICIES_STAGE_HPP
#define RONDO_TESTS_POLICIES_STAGE_HPP

#include <core/scheduler.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace rondo::policies {

using namespace std::chrono_literals;

inline constexpr wall_time stage_begin = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);

/// A core with a healthy repository, on which the life of one task, "t", is played. What happens to it is
/// written down in the notation of docs/policies.md.
class stage {
public:
    explicit stage(core::scheduler_options options = {});

    /// It is so long after the beginning, on both clocks; nobody looks.
    void pass_to(std::chrono::seconds t);
    /// Somebody sets the wall clock, alone.
    void set_wall_by(std::chrono::seconds d);
    void look();

    /// A uid that is new, or, with a cursor, one that an earlier life knew.
    void add(core::task_spec spec, moment cursor = {});
    void pause();
    void resume(resume_from from);
    /// The body of a run ends: of "t" the one with this name, else the only one of `uid`.
    void end(const std::string& name);
    /// As above, and has failed.
    void fail(const std::string& name);
    /// All of them, until none is left.
    void end_all();

    /// The slot at this time after the beginning is written as `name`.
    void name_slot(std::chrono::seconds t, const std::string& name);
    /// It was due: if it waits now, that is written.
    void note_wait(const std::string& name);
    /// A manual run.
    void run_now(const std::string& name, std::optional<overlap> policy);
    /// The slots from `from` to before `to`, after the beginning.
    void backfill(std::chrono::seconds from, std::chrono::seconds to, overlap policy);

    /// What became of the last backfill that is over.
    [[nodiscard]] const backfill_progress& filled() const noexcept { return filled_; }
    [[nodiscard]] std::string text() const { return text_; }
    [[nodiscard]] const std::map<rondo::trigger, std::uint64_t>& runs() const noexcept { return runs_; }
    [[nodiscard]] const std::map<skip_reason, std::uint64_t>& skips() const noexcept { return skips_; }

private:
    [[nodiscard]] core::task_record& task();
    void settle();
    void end(const std::string& name, core::body_end how);
    void observe(const core::action& a);
    void observe_skip(const core::action& a);
    void decide(const std::string& name);
    void say(const std::string& what);
    [[nodiscard]] std::string name_of(const core::run_record& run) const;

    core::scheduler core_;
    instant now_{steady_time(1000s), stage_begin};
    std::map<run_id, std::string> manual_;   // names of runs
    std::map<wall_time, std::string> slots_; // names of slots
    std::set<std::string> decided_;          // those that started or were skipped
    std::set<std::string> waiting_;          // those that were written to wait
    std::map<std::string, core::run_record*> bodies_;
    std::map<rondo::trigger, std::uint64_t> runs_;
    std::map<skip_reason, std::uint64_t> skips_;
    backfill_progress filled_;
    std::string text_;
};

/// A task that does nothing by itself.
[[nodiscard]] core::task_spec spec_of(std::string_view uid, schedule when);

} // namespace rondo::policies

#endif // RONDO_TESTS_POLICIES_STAGE_HPP
