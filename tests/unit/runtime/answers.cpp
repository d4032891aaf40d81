// SPDX-License-Identifier: BSL-1.0
// Many runs are on record at once, and begin in parts: whatever happens between two of these.
#include "faulty_repository.hpp"
#include "world.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

constexpr int many = 300; // more than two parts

/// So many tasks that were due at once, and so many handlers later. The bodies count themselves, and wait for nothing.
struct parts {
    explicit parts(int handlers, manager_options o = {}) : w(store, std::move(o)) {
        w.start();
        for (int i = 0; i != many; ++i) {
            task t(std::to_string(i), "", every(1h), [this]() -> asio::awaitable<void> {
                ++begun;
                co_return;
            });
            REQUIRE(w.add(std::move(t.first_run(after_interval))));
        }
        w.clock.advance(1h);
        w.context.restart();
        for (int i = 0; i != handlers && w.context.poll_one() > 0; ++i) {
        }
        between = begun > 0 && begun < many;
    }
    /// Each run has one outcome.
    void check_history(std::size_t least) {
        const auto runs = w.history();
        CHECK(runs.size() >= least);
        std::set<std::string> seen;
        for (const run& r : runs) {
            CHECK(r.outcome);
            CHECK(seen.insert(std::string(r.uid.view()) + "/" +
                              std::to_string(r.scheduled_at.time_since_epoch().count()))
                      .second);
        }
    }

    std::shared_ptr<faulty_repository> store = std::make_shared<faulty_repository>(memory::open(), true);
    int begun = 0;
    bool between = false; ///< some have begun, and others have not
    world w;
};

/// Calls `f` for each number of handlers, up to where all have long begun.
template <class F>
void after_each_handler(F f) {
    int between = 0;
    for (int handlers = 1; handlers != 60; ++handlers) {
        CAPTURE(handlers);
        between += f(handlers) ? 1 : 0;
    }
    CHECK(between > 1);
}

TEST_SUITE_BEGIN("runtime/answers");

TEST_CASE("a shutdown between two parts interrupts those that did not begin, and loses none") {
    after_each_handler([](int handlers) {
        parts p(handlers);
        const bool between = p.between;
        auto report = p.w.get<shutdown_report>(p.w.tasks->async_shutdown(0s));
        CHECK(report.has_value());
        p.w.tasks.reset();
        p.w.pass(1s);
        p.w.tasks.emplace(p.w.context.get_executor(), p.w.store, p.w.options);
        p.w.start();
        p.check_history(static_cast<std::size_t>(p.begun));
        std::ptrdiff_t ran = 0;
        for (const run& r : p.w.history()) ran += r.outcome == outcome::success ? 1 : 0;
        CHECK(ran == p.begun);
        return between;
    });
}

TEST_CASE("a context may be destroyed between two parts") {
    after_each_handler([](int handlers) {
        auto p = std::make_unique<parts>(handlers);
        const bool between = p->between;
        p.reset();
        return between;
    });
}

TEST_CASE("a task that is removed between two parts, and added again, is not mistaken for itself") {
    after_each_handler([](int handlers) {
        parts p(handlers);
        const std::string last = std::to_string(many - 1);
        bool removed = false;
        p.w.tasks->async_remove(last, [&](result<void> r) { removed = r.has_value(); });
        p.w.pass(1s);
        CHECK(removed);
        CHECK(p.w.add(task(last, "", every(1h), nothing)));
        p.w.pass(2h);
        CHECK(p.w.find(last).counters.skipped_not_owner == 0);
        CHECK(p.w.find(last).last_outcome == outcome::success);
        p.check_history(3 * (many - 1)); // of the others
        return p.between;
    });
}

TEST_CASE("runs of one call all begin, though the next fails at once") {
    after_each_handler([](int handlers) {
        parts p(handlers);
        for (const char* call : {"begin_runs", "finish_runs"}) p.store->set(call, fault::fails);
        p.w.pass(1s);
        CHECK(p.begun == many);
        for (const char* call : {"begin_runs", "finish_runs"}) p.store->set(call, fault::none);
        p.w.pass(1min);
        p.check_history(many);
        CHECK(p.w.tasks->state().outbox == 0);
        return p.between;
    });
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
