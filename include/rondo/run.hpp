// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUN_HPP
#define RONDO_RUN_HPP

#include <rondo/run_output.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>
#include <rondo/user.hpp>
#include <rondo/words.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

/// The identity of a run: a UUID of version 7 (RFC 9562), so ids sort by the time they were made.
struct run_id {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend bool operator==(const run_id&, const run_id&) = default;
    friend auto operator<=>(const run_id&, const run_id&) = default;
};

/// "0192f3a1-7c4e-7000-8000-0000deadbeef", always 36 characters.
[[nodiscard]] std::string to_string(const run_id& id);

/// Reads what `to_string` wrote, in either case; anything else gives nothing.
[[nodiscard]] std::optional<run_id> run_id_from(std::string_view text) noexcept;

/// One execution of a body, as history keeps it.
struct run {
    run_id id;
    shared_string uid;                                 ///< of the task
    rondo::trigger trigger = rondo::trigger::schedule; ///< why it started
    std::uint32_t attempt = 1;                         ///< 2 and more: a retry
    wall_time scheduled_at{};              ///< its slot; of a manual run, when it was asked for; a
                                           ///< retry has that of the first attempt
    wall_time started_at{};                ///< when it went on record, just before its body began
    moment finished_at;                    ///< nothing while it is in flight
    std::optional<rondo::outcome> outcome; ///< nothing while it is in flight
    std::string message;                   ///< why it did not succeed, or empty
    std::vector<user> users;               ///< who asked, of a manual run; empty: for all
    std::vector<task_result> results;      ///< one for each user that the body reported on
    /// What the body told of it through its context; null: nothing.
    std::shared_ptr<const run_output> output;
};

} // namespace rondo

template <>
struct std::hash<rondo::run_id> {
    std::size_t operator()(const rondo::run_id& id) const noexcept {
        return static_cast<std::size_t>(id.high * 0x9e3779b97f4a7c15u ^ id.low);
    }
};

#endif // RONDO_RUN_HPP
