// SPDX-License-Identifier: BSL-1.0
// Fixed work, of which `tools/guard` counts the instructions: they are the same on each run, whatever else the
// machine does.
#include <rondo/memory.hpp>
#include <rondo/rondo.hpp>
#include <rondo/testing/virtual_clock.hpp>

#include <core/scheduler.hpp>

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::guard {
namespace {

using namespace std::chrono_literals;

/// What is counted, from its construction to its destruction.
class counted {
public:
    explicit counted(bool on = true) : on_(on) {
        if (on_) CALLGRIND_TOGGLE_COLLECT;
    }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() {
        if (on_) CALLGRIND_TOGGLE_COLLECT;
    }

private:
    bool on_;
};

void expect(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

// The core alone: tasks that run once a second, each with a phase of its own.
class core_world {
public:
    static constexpr std::size_t tasks = 1000;
    static constexpr std::size_t rounds = 10;

    explicit core_world(std::string_view part) : part_(part), core_(options()) {}

    /// How often the part was done.
    std::size_t play() {
        for (std::size_t i = 0; i != tasks; ++i) add(i);
        for (auto step = 0ms; step != rounds * 1000ms; step += 1ms) tick(step);
        return done_;
    }

private:
    static core::scheduler_options options() {
        core::scheduler_options o;
        o.seed = 1;
        return o;
    }
    [[nodiscard]] bool is(std::string_view part) {
        done_ += part_ == part ? 1 : 0;
        return part_ == part;
    }
    [[nodiscard]] instant at(std::chrono::milliseconds t) const { return {steady_time(1h) + t, base_ + t}; }

    void add(std::size_t i) {
        const std::string uid = fmt::format("task-{}", i);
        core::task_spec spec{
            .uid = uid, .name = {}, .when = every(1s), .payload = std::make_unique<detail::task_payload>()};
        spec.first = first_run(base_ + std::chrono::milliseconds(i + 1));
        bool here = is("core-add");
        counted c(here);
        core::task_record* task = core_.reserve(spec).value();
        task_state state;
        state.created = true;
        state.anchor = base_ + std::chrono::milliseconds(i + 1);
        state.next_slot = state.anchor;
        expect(core_.activate(*task, state, at(0ms)).has_value(), "a task is refused");
    }

    void tick(std::chrono::milliseconds t) {
        {
            bool here = is("core-wake-up");
            counted c(here);
            expect(core_.next_wakeup(at(t)) > steady_time(1h), "there is no next wake-up");
        }
        {
            bool here = is("core-tick");
            counted c(here);
            core_.on_time(at(t + 1ms));
        }
        core_.actions().clear();
        core_.take_decisions(decisions_);
        for (core::decision& d : decisions_) {
            bool here = is("core-begun");
            counted c(here);
            core_.begun(*d.run, 1, at(t + 1ms));
        }
        core_.actions().clear();
        for (core::decision& d : decisions_) {
            bool here = is("core-ended");
            counted c(here);
            core_.ended(*d.run, core::body_end::success, at(t + 1ms));
        }
        core_.actions().clear();
        decisions_.clear();
    }

    std::string_view part_;
    std::size_t done_ = 0;
    wall_time base_ = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
    core::scheduler core_;
    std::vector<core::decision> decisions_;
};

// A whole manager, on a clock that is moved by hand.
class whole_world {
public:
    explicit whole_world(std::size_t count)
        : count_(count), tasks_(io_.get_executor(), memory::open(), options(clock_)) {
        tasks_.async_start([](const result<start_report>& r) { expect(r.has_value(), "it does not start"); });
        testing::run_for(io_, clock_, 0s);
    }

    std::size_t add() {
        for (std::size_t i = 0; i != count_; ++i)
            tasks_.async_add(made_task(i),
                             [](const result<void>& r) { expect(r.has_value(), "a task is refused"); });
        testing::run_for(io_, clock_, 0s);
        return count_;
    }
    /// In one call.
    std::size_t add_many() {
        std::vector<task> all;
        all.reserve(count_);
        for (std::size_t i = 0; i != count_; ++i) all.push_back(made_task(i));
        tasks_.async_add(std::move(all), all_done);
        testing::run_for(io_, clock_, 0s);
        return count_;
    }
    std::size_t remove() {
        for (std::size_t i = 0; i != count_; ++i)
            tasks_.async_remove(uid_of(i),
                                [](const result<void>& r) { expect(r.has_value(), "a task stays"); });
        testing::run_for(io_, clock_, 0s);
        return count_;
    }
    std::size_t remove_many() {
        std::vector<std::string> all;
        all.reserve(count_);
        for (std::size_t i = 0; i != count_; ++i) all.push_back(uid_of(i));
        tasks_.async_remove(std::move(all), all_done);
        testing::run_for(io_, clock_, 0s);
        return count_;
    }
    /// All of them, together, so many times.
    std::size_t run(std::size_t times) {
        std::uint64_t before = runs_;
        testing::run_for(io_, clock_, times * 1s);
        expect(runs_ == before + times * count_, "a run is missing");
        return times * count_;
    }

private:
    static void all_done(const result<bulk_report>& r) {
        expect(r.has_value() && r.value().failures.empty(), "one of many is refused");
    }
    static std::string uid_of(std::size_t i) { return fmt::format("task-{}", i); }
    task made_task(std::size_t i) {
        task t(uid_of(i), "a task", every(1s), [this]() -> boost::asio::awaitable<void> {
            ++runs_;
            co_return;
        });
        t.first_run(clock_.now().wall + 1s);
        return t;
    }
    static manager_options options(clock& c) {
        manager_options o;
        o.clock = &c;
        o.seed = 1;
        o.log = nullptr;
        return o;
    }

    std::size_t count_;
    testing::virtual_clock clock_;
    boost::asio::io_context io_;
    std::uint64_t runs_ = 0;
    manager tasks_;
};

std::size_t play(std::string_view name) {
    if (name.starts_with("core-")) return core_world(name).play();
    const bool alone = name == "run-alone"; // each wakes the process for itself
    whole_world w(alone ? 1 : 1000);
    if (name == "add") {
        counted c;
        return w.add();
    }
    if (name == "add-many") {
        counted c;
        return w.add_many();
    }
    w.add();
    if (name == "remove") {
        counted c;
        return w.remove();
    }
    if (name == "remove-many") {
        counted c;
        return w.remove_many();
    }
    expect(name == "run" || alone, "there is no such work");
    w.run(3); // it grows into its memory
    counted c;
    return w.run(alone ? 1000 : 10);
}

} // namespace
} // namespace rondo::guard

int main(int argc, char** argv) {
    try {
        if (argc != 2) throw std::runtime_error("usage: rondo-guard WORK");
        fmt::print("{}\n", rondo::guard::play(argv[1]));
        return 0;
    } catch (const std::exception& e) {
        fmt::print(stderr, "rondo-guard: {}\n", e.what());
        return 1;
    }
}
