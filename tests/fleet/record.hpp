// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FLEET_RECORD_HPP
#define RONDO_TESTS_FLEET_RECORD_HPP

#include <rondo/record.hpp>
#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

extern "C" {
struct pg_conn;
}

namespace rondo::fleet {

struct task_on_record {
    std::string uid;
    wall_time anchor{};
    moment next_slot;
    bool paused = false;
};

struct run_on_record {
    std::string id;
    std::string uid;
    rondo::trigger trigger = rondo::trigger::schedule;
    std::uint32_t attempt = 1;
    wall_time slot{};
    moment finished;
    moment lease_until;
    std::optional<rondo::outcome> outcome;
    std::uint64_t token = 0;
};

struct skip_on_record {
    std::string uid;
    skip_range slots;
};

/// What the tables say, all at one moment.
struct record_of_fleet {
    std::vector<task_on_record> tasks; ///< by uid
    std::vector<run_on_record> runs;   ///< by uid, slot, attempt
    std::vector<skip_on_record> skips; ///< by uid, first slot
    wall_time now{};                   ///< of the server
};

/// The database, past the library. Throws `std::runtime_error`.
class database {
public:
    database(const std::string& server, std::string schema);

    [[nodiscard]] record_of_fleet read();
    /// Without runs and skips, of which there may be millions: soon done.
    [[nodiscard]] record_of_fleet read_tasks();
    /// The first value, or nothing.
    std::optional<std::string> ask(const std::string& sql);

private:
    struct close {
        void operator()(pg_conn* c) const noexcept;
    };

    std::string schema_;
    std::unique_ptr<pg_conn, close> connection_;
};

} // namespace rondo::fleet

#endif // RONDO_TESTS_FLEET_RECORD_HPP
