// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_RECORD_HPP
#define RONDO_TESTS_CRASH_RECORD_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rondo::crash {

/// What a database says, read with SQLite alone. Instants are microseconds since 1970.
struct recorded_run {
    std::string id; ///< 32 hexadecimal digits
    std::string trigger;
    std::int64_t slot = 0;
    std::int64_t started_at = 0;
    std::optional<std::int64_t> finished_at;
    std::string outcome; ///< empty: none
    std::int64_t attempt = 0;
    std::int64_t token = 0;

    /// Whether it stands for a slot of the schedule.
    [[nodiscard]] bool takes_slot() const { return trigger == "schedule" || trigger == "catch_up"; }
};

struct recorded_skip {
    std::string reason;
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t count = 0;
};

struct recorded_task {
    std::string uid;
    std::int64_t anchor = 0;
    std::optional<std::int64_t> cursor;
    std::int64_t token = 0;
    std::vector<recorded_run> runs;   ///< by token
    std::vector<recorded_skip> skips; ///< by their first slot
};

/// The whole of it, in one read transaction.
struct record {
    std::map<std::string, recorded_task> tasks; ///< by uid
    std::string integrity;                      ///< "ok", or what `pragma integrity_check` says
};

/// Throws `std::runtime_error` if it cannot be read.
[[nodiscard]] record read_record(const std::string& path);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_RECORD_HPP
