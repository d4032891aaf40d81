// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_WORKER_HPP
#define RONDO_TESTS_CRASH_WORKER_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rondo::crash {

/// What a worker process is told.
struct worker_orders {
    std::string database;
    std::string journal;
    std::uint64_t life = 0;
    std::uint64_t seed = 1; ///< of the tasks; those of an earlier life have the same
    std::size_t tasks = 200;
    std::uint64_t luck = 1; ///< of what differs from life to life
    bool normal = false;    ///< `durability::normal`
    std::int64_t shift = 0; ///< microseconds by which the wall clock is wrong
    std::string flaw;
    std::uint64_t kill_at = 0;    ///< the change of the disk in which it is killed; 0: none
    std::uint64_t cut_at = 0;     ///< likewise, in which the power is lost
    std::uint64_t quit_after = 0; ///< milliseconds until an orderly end; 0: it goes on

    [[nodiscard]] std::vector<std::string> to_arguments() const;
};

[[nodiscard]] std::optional<worker_orders> orders_from(const std::vector<std::string>& arguments);

/// The exit codes of a worker that was not killed.
inline constexpr int worker_ended = 0;
inline constexpr int worker_failed = 3;

/// The worker process: a manager on the file, with tasks that write the journal. Returns after an orderly
/// end, or if something failed, which it writes to stderr.
[[nodiscard]] int work(const worker_orders& orders);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_WORKER_HPP
