// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_LEASE_KEEPER_HPP
#define RONDO_REPOSITORY_LEASE_KEEPER_HPP

#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>
#include <vector>

namespace rondo::repository_detail {

/// Which runs this node holds by lease, when to renew them, and which of them it holds no more. Decides; does nothing.
/// It reads no clock. Times are of `steady_time`, which goes on while the machine sleeps. Not thread-safe.
///
/// The store counts a lease from when it grants it, we from when we asked for it, and trust it for four fifths: so a
/// body hears that it is on its own before anybody else may take its run over, if both clocks go equally fast, to a
/// quarter.
class lease_keeper {
public:
    /// Of a run that is ours no more.
    enum class loss : std::uint8_t {
        refused,  ///< the store says so: somebody took it over, or ended it
        too_late, ///< nobody could be asked in time
    };
    struct lost_run {
        run_id id;
        loss why = loss::refused;

        friend bool operator==(const lost_run&, const lost_run&) = default;
    };
    struct held_run {
        run_id id;
        std::uint64_t token = 0;
    };

    /// How long the store grants a lease. Positive.
    explicit lease_keeper(std::chrono::nanoseconds ttl);

    /// The store has given us this run, by a call that was sent then. One that is held already is held for longer.
    void took(const run_id& id, std::uint64_t token, steady_time asked_at);
    /// Until when it is trusted with a run that was asked for then, if nothing is heard.
    [[nodiscard]] steady_time trusted_until(steady_time asked_at) const noexcept {
        return asked_at + ttl_ / 5 * 4;
    }
    /// It has ended, or somebody else has it. Nothing, if it is not held.
    void let_go(const run_id& id) noexcept;

    /// A renewal is to be sent now: of these runs. `renewed` or `not_renewed` follows before the next.
    [[nodiscard]] std::vector<held_run> begin_renewal(steady_time now);
    /// Its answer: which of them are held still. Those that were taken since it was sent are not meant.
    void renewed(std::span<const run_id> still_held);
    /// There was none. It is tried again soon.
    void not_renewed(steady_time now) noexcept;
    [[nodiscard]] bool is_renewing() const noexcept { return renewing_; }

    /// What has run out by now.
    void on_time(steady_time now);
    /// When the next renewal is due; `steady_time::max()`: none, or one is under way.
    [[nodiscard]] steady_time next_renewal() const noexcept;
    /// When `on_time` is wanted; `steady_time::max()`: never, as things stand.
    [[nodiscard]] steady_time next_expiry() const noexcept;

    /// Those that were lost since, each once, in the order in which it happened.
    [[nodiscard]] std::vector<lost_run> take_lost();
    [[nodiscard]] std::size_t lost() const noexcept { return lost_.size(); }
    [[nodiscard]] std::size_t held() const noexcept { return known_.size(); }
    /// None of them is held any more, and nobody hears of it.
    void let_all_go() noexcept;

private:
    struct lease {
        held_run run;
        steady_time asked_at;
        bool asked = false; // by the renewal under way
    };
    using list = std::list<lease>;

    void lose(list::iterator at, loss why);
    void put(list::iterator at, steady_time asked_at) noexcept;

    std::chrono::nanoseconds ttl_;
    list leases_; // by when they were asked for
    std::unordered_map<run_id, list::iterator> known_;
    std::vector<lost_run> lost_;
    steady_time renewal_sent_at_{};
    steady_time not_before_ = steady_time::min(); // after one that failed
    bool renewing_ = false;
};

} // namespace rondo::repository_detail

#endif // RONDO_REPOSITORY_LEASE_KEEPER_HPP
