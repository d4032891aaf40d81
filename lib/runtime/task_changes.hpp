// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_TASK_CHANGES_HPP
#define RONDO_RUNTIME_TASK_CHANGES_HPP

#include <rondo/shared_string.hpp>
#include <rondo/task.hpp>

#include <core/records.hpp>
#include <runtime/bulk.hpp>
#include <runtime/outbox.hpp>
#include <runtime/waiter.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// A task that is to be registered, and who waits for it.
using task_add = std::pair<core::task_record*, waiter_ptr<void>>;

/// Tasks that are registered together.
struct add_batch {
    std::vector<task_add> adds;
    std::size_t answered = 0; ///< of these
};

/// An add whose uid is being registered by another.
struct waiting_add {
    waiter_ptr<void> done;
    task what;
    if_exists otherwise;
};

/// A task that was removed, of which the repository does not know yet.
struct gone_task {
    shared_string uid;
    std::vector<waiter_ptr<void>> waiters;

    void tell(const result<void>& r) const {
        for (const waiter_ptr<void>& w : waiters) w->complete(r);
    }
};

/// What is under way with tasks that come and go. Strand.
struct task_changes {
    std::vector<task_add> adds;
    std::deque<bulk_add> many_adds; ///< come into the former
    bool registering = false;       ///< some of them, or a handler for it is posted
    std::map<const core::task_record*, std::vector<run>> reruns; ///< of those that are being registered
    std::map<std::string, std::vector<waiting_add>, std::less<>> joins; ///< whose uid is being registered

    std::map<std::string, std::vector<waiter_ptr<void>>, std::less<>> removals;
    std::deque<bulk_work<std::string>> many_removals;
    bool removing = false; ///< a handler is posted for some of these
    std::vector<gone_task> gone;
    bool telling = false; ///< likewise

    std::map<std::string, outbox::mark, std::less<>> partings; ///< of tasks that are gone, by uid
    outbox::mark last_parting;                                 ///< of those for which there was no memory
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_TASK_CHANGES_HPP
