// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_RACE_BOOKS_HPP
#define RONDO_TESTS_RACE_BOOKS_HPP

#include <rondo/event.hpp>
#include <rondo/run.hpp>
#include <rondo/stat.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rondo::race {

/// Over all rounds.
struct tally {
    std::uint64_t runs = 0;
    std::uint64_t cancelled = 0; ///< of those, that were cancelled or interrupted
    std::uint64_t skipped = 0;   ///< slots
    std::uint64_t retried = 0;   ///< runs that were another attempt
    std::uint64_t timed_out = 0; ///< runs
    std::uint64_t abandoned = 0; ///< likewise
    std::uint64_t backfilled = 0;
    std::uint64_t updated = 0; ///< tasks
    std::uint64_t paused = 0;  ///< likewise
    std::uint64_t failed = 0;  ///< complaints
    std::vector<run_id> ids;   ///< of all runs

    /// Shows the first few.
    void complain(const std::string& what);
    /// No id comes twice, in all rounds.
    void check_ids();
};

/// What the events of one manager say, and whether others say the same: invariant 1 (each slot is decided
/// once) and 6 (each run has one outcome).
class books {
public:
    books(tally& sums, bool rough) : sums_(sums), rough_(rough) {}

    void take(const event& e);
    /// All events are taken.
    void close();
    /// The repository has the same runs with the same outcomes.
    void compare(const std::vector<run>& history);
    /// Of somebody who waited for it.
    void compare(const run& given);
    /// The counters of a task since it was added last.
    void compare(const stat& s);

    [[nodiscard]] std::uint64_t successes() const noexcept { return successes_; }
    [[nodiscard]] std::uint64_t started() const noexcept { return started_; }

private:
    struct entry {
        shared_string uid;
        rondo::trigger trigger = rondo::trigger::schedule;
        wall_time scheduled_at{};
        bool started = false;
        bool on_record = false;
        std::optional<rondo::outcome> outcome;
    };
    struct range { // of decided slots
        wall_time first{};
        std::uint64_t count = 0;
    };
    struct account {
        counters counts; // since it was added
        std::vector<range> decided;
        std::optional<std::chrono::microseconds> interval;
    };

    void take_end(const event& e);
    void take_skip(const event& e);
    void check_slots(const std::string& uid, account& a);
    void complain(const std::string& what) { sums_.complain(what); }

    tally& sums_;
    bool rough_; // runs may fail, time out, be given up and tried again, and tasks be paused
    std::unordered_map<run_id, entry> runs_;
    std::map<std::string, account, std::less<>> tasks_;
    std::uint64_t successes_ = 0;
    std::uint64_t started_ = 0;
};

} // namespace rondo::race

#endif // RONDO_TESTS_RACE_BOOKS_HPP
