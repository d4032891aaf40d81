// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <memory>
#include <thread>

namespace rondo::tests {

TEST_SUITE_BEGIN("runtime/events");

TEST_CASE("a reader sees what happens, in order") {
    world w;
    auto events = w.tasks->subscribe();
    w.start();
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    w.pass(1s);
    REQUIRE(w.get<void>(w.tasks->async_remove("t")));
    std::vector<event_kind> kinds;
    while (auto e = events.try_next()) kinds.push_back(e->kind);
    using k = event_kind;
    CHECK(kinds == std::vector{k::task_added, k::run_started, k::run_ended, k::task_removed});
    std::optional<result<event>> last;
    events.async_next([&](result<event> r) { last.emplace(std::move(r)); });
    REQUIRE(w.get<shutdown_report>(w.tasks->async_shutdown(0s)));
    w.pass(0s);
    REQUIRE(last);
    CHECK(last->error() == errc::stream_closed);
}

TEST_CASE("a slow reader loses the oldest events, is told so, and blocks nobody") {
    world w;
    auto slow = w.tasks->subscribe(10);
    w.start();
    REQUIRE(w.add(task("t", "", every(1s), nothing)));
    w.pass(100s);
    CHECK(w.find("t").counters.runs == 101);
    auto first = slow.try_next();
    REQUIRE(first);
    CHECK(first->kind == event_kind::events_dropped);
    CHECK(first->count == slow.dropped());
    CHECK(w.tasks->state().events_dropped == 203 - 10);
    int rest = 0;
    while (slow.try_next()) ++rest;
    CHECK(rest == 10);
}

TEST_CASE("waiting for an event can be cancelled, and loses none") {
    world w;
    auto events = w.tasks->subscribe();
    w.start();
    asio::cancellation_signal signal;
    std::optional<result<event>> got;
    events.async_next(
        asio::bind_cancellation_slot(signal.slot(), [&](result<event> r) { got.emplace(std::move(r)); }));
    signal.emit(asio::cancellation_type::total);
    w.pass(0s);
    REQUIRE(got);
    CHECK(got->error() == asio::error::operation_aborted);
    REQUIRE(w.add(task("t", "", every(10s), nothing)));
    auto next = events.try_next();
    REQUIRE(next);
    CHECK(next->kind == event_kind::task_added);
    CHECK(next->uid == "t");
}

TEST_CASE("waiting for a run can be cancelled while the run goes on") {
    world w;
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("t", "", at(w.clock.now().wall + 24h), sleeper{10s, &began, &ended})));
    asio::cancellation_signal signal;
    std::optional<result<run>> got;
    w.tasks->async_run(
        "t", asio::bind_cancellation_slot(signal.slot(), [&](result<run> r) { got.emplace(std::move(r)); }));
    w.pass(1s);
    CHECK_FALSE(got);
    signal.emit(asio::cancellation_type::partial);
    w.pass(0s);
    REQUIRE(got);
    CHECK(got->error() == asio::error::operation_aborted);
    w.pass(20s);
    CHECK(ended == 1);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("runtime/cancellation");

TEST_CASE("a child is cancelled by its parent, with its reason at the root") {
    cancellation_source parent;
    cancellation_source child(parent.token());
    cancellation_source grandchild(child.token());
    int called = 0;
    auto keep = grandchild.token().on_cancel([&] { ++called; });
    {
        auto dropped = grandchild.token().on_cancel([&] { called += 100; });
    }
    CHECK_FALSE(grandchild.token().is_cancelled());
    CHECK(parent.cancel(cancel_reason::shutdown));
    CHECK_FALSE(parent.cancel(cancel_reason::timeout));
    CHECK(parent.token().reason() == cancel_reason::shutdown);
    CHECK(grandchild.token().reason() == cancel_reason::parent);
    CHECK(grandchild.token().root_reason() == cancel_reason::shutdown);
    CHECK(grandchild.token().stop_token().stop_requested());
    CHECK(called == 1);
    cancellation_source late(parent.token());
    CHECK(late.token().is_cancelled());
    auto at_once = late.token().on_cancel([&] { ++called; });
    CHECK(called == 2);
    CHECK_FALSE(cancellation_token().is_cancelled());
}

TEST_CASE("a child's own cancel leaves the parent alone, and deadlines are the nearest") {
    asio::io_context context;
    cancellation_source parent;
    auto soon = system_clock().now().steady;
    parent.cancel_at(context.get_executor(), soon + 1h);
    cancellation_source child(parent.token());
    CHECK(child.token().deadline() == soon + 1h);
    child.cancel_at(context.get_executor(), soon);
    CHECK(child.token().deadline() == soon);
    context.run_one();
    CHECK(child.token().reason() == cancel_reason::timeout);
    CHECK_FALSE(parent.token().is_cancelled());
}

TEST_CASE("a deadline keeps no context busy once its source is gone or cancelled") {
    asio::io_context context;
    {
        cancellation_source gone;
        gone.cancel_after(context.get_executor(), 24h);
        cancellation_source nearer;
        nearer.cancel_after(context.get_executor(), 24h);
        nearer.cancel_after(context.get_executor(), 12h);
        cancellation_source cancelled;
        cancelled.cancel_after(context.get_executor(), 24h);
        cancelled.cancel();
        cancelled.cancel_after(context.get_executor(), 24h);
    }
    context.run(); // for a day, if it were otherwise
    CHECK(context.stopped());
}

TEST_CASE("a source that was moved from is still the same source") {
    cancellation_source a;
    cancellation_source b = std::move(a);
    CHECK(a.cancel());
    CHECK(b.token().is_cancelled());
    b = std::move(a);
    CHECK_FALSE(b.cancel());
}

TEST_CASE("a deadline may be called off by any thread while its context ends") {
    for (int round = 0; round != 200; ++round) {
        auto context = std::make_unique<asio::io_context>();
        auto strand = asio::any_io_executor(asio::make_strand(*context));
        cancellation_source source;
        source.cancel_after(strand, 1h);
        strand = {};
        std::thread other([source] { source.cancel(); });
        context->run();
        context.reset();
        other.join();
        CHECK(source.token().reason() == cancel_reason::requested);
    }
}

TEST_SUITE_END();

} // namespace rondo::tests
