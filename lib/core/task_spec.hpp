// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_TASK_SPEC_HPP
#define RONDO_CORE_TASK_SPEC_HPP

#include <rondo/schedule.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/words.hpp>

#include <core/records.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace rondo::core {

/// A task that somebody wants to add.
struct task_spec {
    std::string_view uid;
    std::string_view name;
    rondo::schedule when;
    rondo::overlap overlap = rondo::overlap::skip;
    rondo::first_run first = by_schedule;
    std::uint32_t users_in_flight = 1; ///< the shell's, and only checked here
    bool hidden = false;
    rondo::record mode = rondo::record::write_ahead;
    task_policy policy{};
    std::string_view group{}; ///< empty: none
    std::unique_ptr<task_payload> payload;
};

/// Most names are the uid, which then is there once.
[[nodiscard]] inline shared_string name_of(const task_spec& spec, const shared_string& uid) {
    return spec.name == uid.view() ? uid : shared_string(spec.name);
}

} // namespace rondo::core

#endif // RONDO_CORE_TASK_SPEC_HPP
