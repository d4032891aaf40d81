// SPDX-License-Identifier: BSL-1.0
// The heap that rondo keeps its tasks in, beside a timing wheel: what a task costs that falls due and is put back, and
// one that is moved.
//
// The heap is kept. With random phases, which most servers have, a task that falls due costs about the same in both. With
// all due together it depends on where they are in memory: in the order in which they were added the wheel takes half
// the time, in any other the heap a quarter. To move a task is two to four times as fast in a wheel, and seldom done.
// What decides: a heap says to the nanosecond when the next task is due, as resolution 0 needs it, and nobody has to
// look at it before.
#include "wheel.hpp"

#include <core/heap.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

namespace rondo::bench {
namespace {

/// As large as a task; what they use of it is in one line of the processor's cache.
struct alignas(64) item {
    std::array<std::byte, 128> before{};
    std::int64_t due = 0; ///< in ticks of a millisecond
    std::int64_t interval = 0;
    std::uint32_t heap_index = core::not_in_heap;
    wheel_hook<item> hook;
};

class by_heap {
public:
    void push(item& i, std::int64_t key) {
        heap_.make_room();
        heap_.push(i, key);
    }
    void erase(item& i) { heap_.erase(i); }
    /// `f` gives the next key.
    template <class F>
    void go_on(std::int64_t now, F f) {
        while (!heap_.empty() && heap_.top_key() <= now) {
            heap_.prefetch_next();
            heap_.delay_top(f(heap_.top()));
        }
    }
    [[nodiscard]] std::int64_t next() const { return heap_.top_key(); }

private:
    core::heap<item, &item::heap_index> heap_;
};

class by_wheel {
public:
    void push(item& i, std::int64_t key) { wheel_->push(i, key); }
    void erase(item& i) { wheel_->erase(i); }
    template <class F>
    void go_on(std::int64_t now, F f) {
        wheel_->take_due(now, [&](item& i) { wheel_->push(i, f(i)); });
    }
    [[nodiscard]] std::int64_t next() const { return wheel_->next_look(); }

private:
    std::unique_ptr<wheel<item, &item::hook>> wheel_ = std::make_unique<wheel<item, &item::hook>>();
};

/// So many tasks, with phases that are random, or all the same, added in the order in which they are in memory, or in
/// any.
template <class Timers>
class world {
public:
    world(const benchmark::State& state, std::int64_t interval)
        : items_(static_cast<std::size_t>(state.range(0))), order_(items_.size()), interval_(interval) {
        const bool clustered = state.range(1) != 0;
        const bool scattered = state.range(2) != 0;
        std::mt19937_64 random(1);
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        if (scattered) std::shuffle(order_.begin(), order_.end(), random);
        for (std::size_t i : order_) {
            items_[i].interval = interval;
            items_[i].due =
                1 +
                (clustered ? 0 : static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(interval)));
            timers_.push(items_[i], items_[i].due);
        }
    }
    /// To the next time at which something is due. Gives how many were.
    std::size_t step() {
        std::size_t fired = 0;
        while (fired == 0) { // a wheel has to be looked at in between
            now_ = std::max(now_ + 1, timers_.next());
            timers_.go_on(now_, [&](item& i) {
                if (i.due != now_) throw std::logic_error("not in time");
                ++fired;
                return i.due += i.interval;
            });
        }
        return fired;
    }
    /// Somewhere else in the interval.
    void move(std::size_t n) {
        item& i = items_[order_[n % order_.size()]];
        timers_.erase(i);
        i.due = 1 + (i.due * 7919 + static_cast<std::int64_t>(n)) % interval_;
        timers_.push(i, i.due);
    }
    /// Whether none was lost.
    [[nodiscard]] bool is_whole() const {
        return std::ranges::all_of(items_,
                                   [&](const item& i) { return i.due > now_ && i.due <= now_ + interval_; });
    }

private:
    std::vector<item> items_;
    std::vector<std::size_t> order_;
    Timers timers_;
    std::int64_t interval_;
    std::int64_t now_ = 0;
};

constexpr std::int64_t interval = 10'000; // 10 s

void per_task(benchmark::State& state, std::size_t n) {
    using benchmark::Counter;
    state.counters["per_task"] = Counter(static_cast<double>(n), Counter::kIsRate | Counter::kInvert);
}

/// Tasks that fall due and are put back; one iteration is all those that are due together.
template <class Timers>
void fire(benchmark::State& state) {
    world<Timers> w(state, interval);
    for (std::size_t warm = 0; warm < static_cast<std::size_t>(state.range(0));) warm += w.step();
    std::size_t fired = 0;
    for (auto _ : state) fired += w.step();
    per_task(state, fired);
    if (!w.is_whole()) state.SkipWithError("a task was lost");
}

/// One iteration is one task that is taken out and put back a little later.
template <class Timers>
void move(benchmark::State& state) {
    world<Timers> w(state, interval);
    std::size_t n = 0;
    for (auto _ : state) w.move(n++);
    per_task(state, n);
    if (!w.is_whole()) state.SkipWithError("a task was lost");
}

void sizes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"tasks", "clustered", "scattered"});
    for (std::int64_t n : {1'000, 100'000, 1'000'000})
        for (std::int64_t clustered : {0, 1})
            for (std::int64_t scattered : {0, 1}) b->Args({n, clustered, scattered});
}

BENCHMARK(fire<by_heap>)->Apply(sizes);
BENCHMARK(fire<by_wheel>)->Apply(sizes);
BENCHMARK(move<by_heap>)->Apply(sizes);
BENCHMARK(move<by_wheel>)->Apply(sizes);

} // namespace
} // namespace rondo::bench

BENCHMARK_MAIN();
