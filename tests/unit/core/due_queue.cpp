// SPDX-License-Identifier: BSL-1.0
#include <core/due_queue.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace rondo::core {
namespace {

/// A task as a list has it.
struct entry {
    std::unique_ptr<task_record> task;
    bool in = false;
    std::int64_t due = 0;
    std::int64_t end = 0;
};

struct naive {
    [[nodiscard]] bool empty() const {
        return std::ranges::none_of(tasks, [](const entry& e) { return e.in; });
    }
    [[nodiscard]] std::int64_t wakeup() const {
        std::int64_t first = std::numeric_limits<std::int64_t>::max();
        for (const entry& e : tasks)
            if (e.in) first = std::min(first, e.end);
        return first;
    }
    [[nodiscard]] std::int64_t first_due() const {
        std::int64_t first = std::numeric_limits<std::int64_t>::max();
        for (const entry& e : tasks)
            if (e.in) first = std::min(first, e.due);
        return first;
    }

    std::vector<entry> tasks;
};

TEST_SUITE_BEGIN("core/due_queue");

TEST_CASE("it is what a list would be, whoever is put in, put elsewhere or taken out") {
    std::mt19937_64 draw(7);
    due_queue queue;
    naive list;
    for (int i = 0; i != 40; ++i) {
        entry& e = list.tasks.emplace_back();
        e.task = std::make_unique<task_record>(every(std::chrono::seconds(1)));
        (void)e.task->made_past();
    }
    for (int step = 0; step != 50'000; ++step) {
        entry& e = list.tasks[draw() % list.tasks.size()];
        if (draw() % 4 == 0) {
            queue.erase(*e.task);
            e.in = false;
        } else {
            const bool tolerant = draw() % 2 == 0;
            const auto late = static_cast<std::int64_t>(tolerant ? draw() % 50 : 0);
            e.due = static_cast<std::int64_t>(draw() % 1000) + step / 100;
            e.end = e.due + late;
            e.in = true;
            queue.put(*e.task, e.due, tolerant, late);
            REQUIRE((e.task->past->end_index != not_in_heap) == tolerant);
        }
        REQUIRE(queue.empty() == list.empty());
        if (queue.empty()) continue;
        REQUIRE(queue.wakeup() == list.wakeup());
        const std::int64_t first = list.first_due();
        REQUIRE(queue.first_by(first - 1) == nullptr);
        const task_record* found = queue.first_by(first);
        REQUIRE(found != nullptr);
        REQUIRE(std::ranges::any_of(list.tasks, [&](const entry& each) {
            return each.task.get() == found && each.in && each.due == first;
        }));
    }
}

TEST_CASE("the end of a time beyond all time is the last instant") {
    constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
    due_queue queue;
    task_record task(once());
    (void)task.made_past();
    queue.put(task, last - 5, true, 10);
    CHECK(queue.wakeup() == last);
    queue.put(task, 5, true, 10);
    CHECK(queue.wakeup() == 15);
    queue.erase(task);
    CHECK(queue.empty());
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
