// SPDX-License-Identifier: BSL-1.0
// What becomes ready while a call of the repository is under way joins it.
#include "world.hpp"

#include <rondo/joining_runs.hpp>

#include <repository/forwarding_repository.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

/// Lets others join its calls, each of which waits until `let_go`, if told to.
struct joined_repository final : testing::forwarding_repository {
    using forwarding_repository::forwarding_repository;

    struct call {
        std::vector<std::size_t> ends; // that came with each part
        std::vector<std::size_t> begins;
    };

    [[nodiscard]] bool calls_are_costly() const noexcept override { return true; }
    [[nodiscard]] bool records_together() const noexcept override { return true; }

    asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                               std::vector<begin_request> begun,
                                               std::shared_ptr<joining_runs> more) override {
        call c{{ended.size()}, {begun.size()}};
        latest = more;
        if (full) more->watch([](const joining_runs::part&) { throw std::bad_alloc(); });
        if (opens) more->open();
        if (holds) co_await until_let_go();
        while (auto part = more->take_or_close()) {
            c.ends.push_back(part->ended.size());
            c.begins.push_back(part->begun.size());
            if (forgets) continue;
            std::ranges::move(part->ended, std::back_inserter(ended));
            std::ranges::move(part->begun, std::back_inserter(begun));
        }
        calls.push_back(c);
        if (std::exchange(fails, false)) co_return recorded_runs{errc::store_failed, errc::store_failed};
        co_return co_await repository::record_runs(std::move(ended), std::move(begun), nullptr);
    }
    void let_go() {
        for (auto& timer : std::exchange(waiting_, {})) timer->cancel();
    }

    bool opens = true;
    bool deaf = false; ///< while it holds a call that cannot be cancelled
    bool full = false; ///< there is no memory for who joins
    bool holds = false;
    bool fails = false;   ///< the next call
    bool forgets = false; ///< what has joined
    std::vector<call> calls;
    std::shared_ptr<joining_runs> latest; ///< of the call that came last

private:
    asio::awaitable<void> until_let_go() {
        if (deaf) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor,
                                                          asio::steady_timer::time_point::max());
        waiting_.push_back(timer);
        boost::system::error_code cancelled;
        co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }

    std::vector<std::shared_ptr<asio::steady_timer>> waiting_;
};

/// Tasks a, b, c and so on, that run when somebody asks for it.
struct joined_world {
    explicit joined_world(std::size_t tasks, manager_options o = {}) : w(store, std::move(o)) {
        w.start();
        for (std::size_t i = 0; i != tasks; ++i) {
            task t(name(i), "", every(24h), sleeper{1ms, &began, &ended});
            REQUIRE(w.add(std::move(t.first_run(after_interval))));
        }
        w.pass(1s);
        store->calls.clear();
    }
    static std::string name(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }
    void trigger(std::size_t i) {
        w.tasks->async_trigger(name(i), [](const result<run_id>&) {});
        w.pass(0s);
    }
    /// All of it is on record, each run once.
    void check_runs(std::size_t n) {
        const auto runs = w.history();
        CHECK(runs.size() == n);
        for (const run& r : runs) CHECK(r.outcome == outcome::success);
        CHECK(began == static_cast<int>(n));
        CHECK(w.tasks->state().outbox == 0);
    }

    std::shared_ptr<joined_repository> store = std::make_shared<joined_repository>(memory::open());
    int began = 0;
    int ended = 0;
    world w;
};

TEST_SUITE_BEGIN("runtime/joining");

TEST_CASE("runs that are ready while a call is under way join it, and begin with its answer") {
    joined_world j(4);
    j.store->holds = true;
    for (std::size_t i : {0, 1, 2}) j.trigger(i);
    CHECK(j.began == 0);
    j.store->holds = false;
    j.store->let_go();
    j.w.pass(0s);
    CHECK(j.began == 3);
    REQUIRE(j.store->calls.size() == 1);
    CHECK(j.store->calls[0].begins == std::vector<std::size_t>{1, 2});
    j.w.pass(1s);
    CHECK(j.ended == 3);
    j.check_runs(3);
}

TEST_CASE("ends join a call of begins, and begins one of ends") {
    for (const bool ends_first : {false, true}) {
        CAPTURE(ends_first);
        joined_world j(2);
        j.trigger(0);
        REQUIRE(j.began == 1);
        j.store->calls.clear();
        j.store->holds = true;
        if (!ends_first) j.trigger(1);
        j.w.pass(1ms); // it ends
        REQUIRE(j.ended == 1);
        if (ends_first) j.trigger(1);
        j.store->holds = false;
        j.store->let_go();
        j.w.pass(0s);
        CHECK(j.began == 2);
        REQUIRE(j.store->calls.size() == 1);
        CHECK(j.store->calls[0].begins ==
              (ends_first ? std::vector<std::size_t>{0, 1} : std::vector<std::size_t>{1, 0}));
        CHECK(j.store->calls[0].ends ==
              (ends_first ? std::vector<std::size_t>{1, 0} : std::vector<std::size_t>{0, 1}));
        j.w.pass(1s);
        j.check_runs(2);
    }
}

TEST_CASE("what is ready later than a moment after the call waits for the next") {
    joined_world j(3);
    j.store->holds = true;
    j.trigger(0);
    j.w.pass(1ms);
    j.trigger(1);
    j.w.pass(1ms);
    j.trigger(2);
    j.store->let_go();
    j.w.pass(0s);
    REQUIRE(j.store->calls.size() == 1);
    CHECK(j.store->calls[0].begins == std::vector<std::size_t>{1, 1});
    CHECK(j.began == 2);
    j.store->holds = false;
    j.store->let_go();
    j.w.pass(1s);
    CHECK(j.store->calls[1].begins == std::vector<std::size_t>{1});
    j.check_runs(3);
}

TEST_CASE("who finds no memory to join goes with the next call") {
    joined_world j(3);
    j.store->holds = j.store->full = true;
    for (std::size_t i : {0, 1, 2}) j.trigger(i);
    j.store->holds = j.store->full = false;
    j.store->let_go();
    j.w.pass(1s);
    REQUIRE(j.store->calls.size() >= 2);
    CHECK(j.store->calls[0].begins == std::vector<std::size_t>{1});
    CHECK(j.store->calls[1].begins[0] == 2);
    CHECK(j.w.logged("runs are recorded later"));
    j.check_runs(3);
}

TEST_CASE("a call takes a thousand ends and a thousand begins at most, whoever joins") {
    joined_world j(1);
    task t("many", "", every(24h), sleeper{1ms, &j.began, &j.ended});
    t.first_run(after_interval).overlap(overlap::allow_all);
    REQUIRE(j.w.add(std::move(t)));
    j.store->calls.clear();
    j.store->holds = true;
    for (int i = 0; i != 1500; ++i) j.w.tasks->async_trigger("many", [](const result<run_id>&) {});
    j.w.pass(0s);
    j.store->holds = false;
    j.store->let_go();
    j.w.pass(10s);
    for (const auto& c : j.store->calls) {
        std::size_t begins = 0;
        std::size_t ends = 0;
        for (const std::size_t n : c.begins) begins += n;
        for (const std::size_t n : c.ends) ends += n;
        CHECK(begins <= 1000);
        CHECK(ends <= 1000);
    }
    CHECK(j.w.find("many").counters.succeeded == 1500);
    CHECK(j.w.tasks->state().outbox == 0);
}

TEST_CASE("if the call fails, what has joined it is recorded later, too") {
    for (const on_store_failure policy : {on_store_failure::go_on, on_store_failure::stop}) {
        CAPTURE(static_cast<int>(policy));
        manager_options o;
        o.on_store_failure = policy;
        joined_world j(3, std::move(o));
        j.trigger(0);
        j.store->calls.clear();
        j.store->holds = true;
        j.trigger(1);
        j.w.pass(1ms);
        j.trigger(2);
        j.store->fails = true;
        j.store->holds = false;
        j.store->let_go();
        j.w.pass(0s);
        REQUIRE(j.store->calls.size() == 1);
        CHECK(j.w.tasks->state().store_down);
        CHECK(j.began == (policy == on_store_failure::go_on ? 3 : 1));
        j.w.pass(10s);
        CHECK_FALSE(j.w.tasks->state().store_down);
        j.check_runs(3);
    }
}

TEST_CASE("a repository that forgets what has joined is asked again, and nothing is lost") {
    joined_world j(2);
    j.store->holds = true;
    j.store->forgets = true;
    j.trigger(0);
    j.trigger(1);
    j.store->holds = false;
    j.store->let_go();
    j.w.pass(0s);
    CHECK(j.w.tasks->state().store_down);
    j.store->forgets = false;
    j.w.pass(10s);
    j.check_runs(2);
}

TEST_CASE("nobody joins a call that the repository has not opened, or that is overdue") {
    for (const bool overdue : {false, true}) {
        CAPTURE(overdue);
        manager_options o;
        o.store_timeout = 1ms;
        joined_world j(2, std::move(o));
        j.store->holds = j.store->deaf = true;
        j.store->opens = overdue;
        j.trigger(0);
        if (overdue) j.w.pass(1ms);
        CHECK(j.w.tasks->state().store_down == overdue);
        CHECK(j.store->latest->is_open() == overdue);
        j.trigger(1);
        j.store->holds = false;
        j.store->let_go();
        j.w.pass(0s);
        REQUIRE(!j.store->calls.empty());
        CHECK(j.store->calls[0].begins == std::vector<std::size_t>{1});
        j.w.pass(10s);
        j.check_runs(2);
    }
}

TEST_CASE("parts join in order until it is closed, and who hands the call on sees each") {
    joining_runs more;
    std::size_t seen = 0;
    more.watch([&](const joining_runs::part& p) { seen += p.begun.size() + p.ended.size(); });
    const auto part = [](std::uint32_t n) {
        joining_runs::part p;
        p.begun.emplace_back().uid = shared_string(std::to_string(n));
        p.ended.emplace_back().token = n;
        return p;
    };
    joining_runs::part early = part(1);
    CHECK_FALSE(more.is_open());
    CHECK_FALSE(more.join(early));
    CHECK(early.begun.size() == 1);
    more.open();
    CHECK(more.is_open());
    CHECK(more.join(early));
    joining_runs::part next = part(2);
    CHECK(more.join(next));
    auto taken = more.take_or_close();
    REQUIRE(taken);
    REQUIRE(taken->ended.size() == 2);
    REQUIRE(taken->begun.size() == 2);
    CHECK(taken->ended[0].token == 1);
    CHECK(taken->ended[1].token == 2);
    CHECK(taken->begun[1].uid.view() == "2");
    CHECK(more.is_open());
    CHECK_FALSE(more.take_or_close());
    joining_runs::part late = part(3);
    CHECK_FALSE(more.join(late));
    CHECK(late.ended.size() == 1);
    CHECK(seen == 4);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
