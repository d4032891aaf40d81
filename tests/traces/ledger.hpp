// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_LEDGER_HPP
#define RONDO_TESTS_TRACES_LEDGER_HPP

#include <rondo/record.hpp>
#include <rondo/run.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rondo::traces {

/// An ideal repository, written from the contract in rondo/repository.hpp and nothing else.
class ledger {
public:
    task_state put(const task_definition& d);
    void update(const task_update& u);
    begin_answer begin(const begin_request& r);
    finish_state finish(const finish_request& r);

    /// The latest start first, equal starts by descending id.
    [[nodiscard]] std::vector<run> history() const;

private:
    struct task {
        std::string schedule;
        std::optional<std::string> cursor_schedule; // of which the cursor is, if it is another
        wall_time anchor{};
        moment next_slot;
        bool paused = false;
        std::string pause_reason;
        moment paused_until;
        std::set<wall_time> taken; // slots that have a run
        std::map<run_id, std::uint64_t> tokens;
    };

    std::map<std::string, task> tasks_;
    std::map<run_id, run> runs_;
};

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_LEDGER_HPP
