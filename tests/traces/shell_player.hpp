// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_SHELL_PLAYER_HPP
#define RONDO_TESTS_TRACES_SHELL_PLAYER_HPP

#include <traces/gates.hpp>
#include <traces/player.hpp>

#include <rondo/rondo.hpp>
#include <rondo/testing/simulated_time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace rondo::traces {

/// Drives a manager as its user would. What it hears, by `subscribe` and in what the repository is told, it
/// tells.
class shell_player final : public player {
public:
    shell_player(const workload& w, trace& out);

    void start() override;
    void pass_to(std::chrono::nanoseconds t) override;
    void perform(std::size_t index, const operation& o) override;
    [[nodiscard]] bool over() const override { return over_; }
    void tell_history() override;

private:
    void begin(std::size_t index, const operation& o);
    void begin_of_run(std::size_t index, const operation& o);
    void begin_of_world(std::size_t index, const operation& o);
    void settle();
    void listen();
    void look();
    void answer(std::size_t index, const std::string& text);
    [[nodiscard]] task task_of(const task_plan& p);
    /// A handler that writes down how operation `index` completes.
    [[nodiscard]] auto to(std::size_t index) {
        return [this, index](const auto& r) { answer(index, text_of(r)); };
    }

    const workload& w_;
    trace& out_;
    gates gates_; // outlives the bodies, which go with the context
    testing::simulated_time time_{wall_begin};
    std::shared_ptr<repository> store_;
    std::optional<manager> tasks_;
    std::optional<event_stream> events_;
    std::uint64_t lives_ = 0;
    bool over_ = true;
};

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_SHELL_PLAYER_HPP
