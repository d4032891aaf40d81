// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_CORE_PLAYER_HPP
#define RONDO_TESTS_TRACES_CORE_PLAYER_HPP

#include <traces/ledger.hpp>
#include <traces/player.hpp>

#include <rondo/testing/virtual_clock.hpp>

#include <core/scheduler.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rondo::traces {

/// Drives the pure core as design.md has it: asks, obeys, waits until the next wake-up. What it hears it tells in
/// the words of `event`. At one instant comes first the wake-up, then one by one the bodies that are over.
class core_player final : public player {
public:
    core_player(const workload& w, trace& out)
        : w_(w), out_(out), clock_({steady_time(std::chrono::hours(1)), wall_begin}) {}

    void start() override;
    void pass_to(std::chrono::nanoseconds t) override;
    void perform(std::size_t index, const operation& o) override;
    [[nodiscard]] bool over() const override { return life_ == life::over; }
    void tell_history() override;

private:
    enum class life : std::uint8_t { running, draining, over };
    struct body {
        core::run_record* run = nullptr;
        const task_plan* plan = nullptr;
        body_act act;
        steady_time until{};                      ///< when it is over
        cancel_reason told = cancel_reason::none; ///< why it was told to end
    };
    struct ending { ///< on its way to the repository
        finish_request request;
        std::vector<std::size_t> followers;
        std::size_t after = 0;    ///< how many begins were taken before it
        bool comes_first = false; ///< what begins after it builds on it
    };
    struct chain { ///< who waits for the last attempt
        std::optional<run> last;
        std::vector<std::size_t> followers;
    };

    // core_player.cpp: time, and bodies.
    void settle();
    void tick();
    void rearm();
    [[nodiscard]] steady_time next_event();
    [[nodiscard]] body* next_body();
    [[nodiscard]] core::body_end end_of(const body& b) const;
    void start_body(core::run_record& run);
    void cancel_body(core::run_record& run);
    [[nodiscard]] instant now() const { return clock_.now(); }

    // core_obey.cpp: what the core wants, and the repository.
    void obey();
    void obey_actions();
    void obey(const core::action& a);
    void end_run(const core::action& a);
    void no_retry(core::run_record& run);
    void release(core::run_record& run);
    void pause_by_itself(const core::action& a);
    void record();
    void record_begins();
    void record_ends();
    void take_decisions();
    [[nodiscard]] bool may_go(const ending& e) const;
    [[nodiscard]] bool end_may_go() const;
    void check_drained();
    void finish_shutdown();
    event event_of(event_kind kind, const shared_string& uid) const;
    void tell(const event& e);
    void tell_run(event_kind kind, const core::run_record& run);

    // core_operations.cpp
    std::string begin_add(const operation& o);
    std::string begin_update(const operation& o);
    std::string add(core::task_record& task);
    void begin_remove(std::size_t index, const operation& o);
    std::string pause(const operation& o);
    std::string pause_all(const operation& o);
    void trigger(std::size_t index, const operation& o);
    std::string steer(const operation& o);
    std::string cancel_all(const operation& o);
    void backfill(std::size_t index, const operation& o);
    void shutdown(std::size_t index, const operation& o);
    void look();
    void answer(std::size_t index, const std::string& text);
    [[nodiscard]] error_code usable() const;
    [[nodiscard]] result<core::task_record*> live_task(const std::string& uid) const;

    const workload& w_;
    trace& out_;
    testing::virtual_clock clock_;
    ledger store_;
    std::optional<core::scheduler> core_;
    std::uint64_t lives_ = 0;
    life life_ = life::over;
    steady_time armed_ = steady_time::max(); // when it wakes up; min: at once
    bool shutdown_done_ = false;
    bool recording_ = false;
    std::vector<body> bodies_; // in the order in which they began
    std::vector<core::decision> begins_;
    std::size_t begins_taken_ = 0; // that ever were
    std::vector<ending> ends_;
    std::map<run_id, chain> chains_;
    std::map<std::string, std::vector<std::size_t>> removals_;
    std::map<std::string, std::size_t> backfills_;
    std::vector<std::size_t> shutdowns_;
    std::string report_;
};

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_CORE_PLAYER_HPP
