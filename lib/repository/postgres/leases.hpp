// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_LEASES_HPP
#define RONDO_REPOSITORY_POSTGRES_LEASES_HPP

#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>

#include <repository/lease_keeper.hpp>
#include <repository/postgres/news_desk.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rondo::postgres::detail {

/// What a manager knows of the runs that it holds, and of what it has told the others. Of the thread of the connection.
struct leases {
    leases(std::chrono::milliseconds how_long, std::shared_ptr<news_desk> told);

    const std::chrono::milliseconds ttl;
    const std::shared_ptr<news_desk> desk;
    const std::string
        node; ///< who we are: another with each process, or the dead could not be told from the living
    repository_detail::lease_keeper keeper;
    /// One that we have registered.
    struct known_task {
        std::string schedule;    ///< as we did it
        std::int64_t change = 0; ///< the latest that was told; 0: none
        /// Its cursor was of the schedule before then, and we have not moved it since, as far as we can tell. Another may
        /// have: slots before it are ours only if not.
        bool came_to_old = false;
    };
    std::unordered_map<shared_string, known_task> tasks;
    /// Slots that were lost before this one are looked at next: if there are too many for a look, each gets its turn.
    struct lost_slot {
        wall_time finished_at = wall_time::max();
        run_id id;
    } lost_before;
    std::int64_t asked_after = 0; ///< likewise, of runs that are asked for, by when they are not any more
    std::int64_t horizon = 0;     ///< changes of all transactions before this one were seen
    steady_time connected_at{};
    steady_time look_at{};   ///< at the others, next
    steady_time looked_at{}; ///< likewise, the last time
    /// A reading of the clock that took no longer is as good as any; one that took longer, as good as none: the
    /// next would look as if somebody had set that clock.
    static constexpr std::chrono::milliseconds reading_fast{5};
    static constexpr std::chrono::milliseconds reading_slow{900};
    std::chrono::nanoseconds best_reading =
        std::chrono::hours(1); ///< of the clock of the server: how long it took
    steady_time read_at{};

    /// Of this task, as we have registered it; nothing: we have not.
    [[nodiscard]] std::optional<std::string_view> schedule_of(const shared_string& uid) const;
    /// For another manager: what was held runs out.
    void begin_anew() noexcept;
    /// Now, by the clock that goes on while the machine sleeps.
    [[nodiscard]] static steady_time now() noexcept;
    /// How often the others are looked at.
    [[nodiscard]] std::chrono::nanoseconds look_every() const noexcept;
    /// Somebody says that there is something to see: now, or soon, if there was such a look just now.
    void look_soon() noexcept;
    /// When leases are to be renewed: not those of a manager that is over, or hears nothing. They run out.
    [[nodiscard]] steady_time next_renewal() const noexcept;
    /// When something is to be asked of the server next.
    [[nodiscard]] steady_time next() const noexcept;
    /// What has run out by now is told.
    void on_time(steady_time now);
    void tell_lost();
    /// Whether there is no reading of the clock of the server that counts any more.
    [[nodiscard]] bool wants_reading(steady_time now) const noexcept;
    /// Whether a reading that took so long is worth more than what was told.
    [[nodiscard]] bool takes_reading(std::chrono::nanoseconds took, steady_time now) noexcept;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_LEASES_HPP
