// SPDX-License-Identifier: BSL-1.0
#include <crash/worker.hpp>

#include <crash/dice.hpp>
#include <crash/faulty_disk.hpp>
#include <crash/flaws.hpp>
#include <crash/journal.hpp>
#include <crash/plan.hpp>
#include <crash/tasks.hpp>

#include <support/wrong_clock.hpp>

#include <rondo/manager.hpp>
#include <rondo/sqlite.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace rondo::crash {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Makes the disk a faulty one if it is to fail.
std::unique_ptr<faulty_disk> disk_of(const worker_orders& o) {
    if (o.kill_at == 0 && o.cut_at == 0) return nullptr;
    auto disk = std::make_unique<faulty_disk>();
    if (o.kill_at != 0)
        disk->kill_at(o.kill_at);
    else
        disk->lose_power_at(o.cut_at, o.luck);
    return disk;
}

std::shared_ptr<repository> repository_of(const worker_orders& o, const journal& j, asio::io_context& io) {
    sqlite::options options;
    const bool syncs_late = o.flaw == "syncs-late";
    if (o.normal || syncs_late) options.durability = sqlite::durability::normal;
    auto opened = sqlite::open(o.database, options);
    if (opened.has_error()) throw std::runtime_error("cannot open: " + opened.error().message());
    std::shared_ptr<repository> store = std::move(opened).value();
    if (!o.flaw.empty() && !syncs_late) store = with_flaw(o.flaw, std::move(store), io.get_executor());
    if (store == nullptr) throw std::runtime_error("no such flaw: " + o.flaw);
    return witnessed(std::move(store), j);
}

/// Manual runs, pauses and cancels, as people do them.
asio::awaitable<void> meddle(manager& m, const worker_orders& o, const bool& over) {
    dice d(o.luck);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!over) {
        timer.expires_after(std::chrono::milliseconds(d.between(1, 12)));
        co_await timer.async_wait(asio::use_awaitable);
        const std::string uid = "task-" + std::to_string(d.below(o.tasks));
        if (d.one_in(10)) {
            (void)co_await m.async_cancel(uid, asio::use_awaitable);
        } else if (d.one_in(10)) {
            (void)co_await m.async_pause(uid, asio::use_awaitable);
            const auto from = d.one_in(2) ? resume_from::now : resume_from::the_past;
            (void)co_await m.async_resume(uid, from, asio::use_awaitable);
        } else {
            user who("user-" + std::to_string(d.below(3)));
            (void)co_await m.async_trigger(uid, std::move(who), asio::use_awaitable);
        }
    }
}

template <class T>
void expect(const result<T>& r, const char* what) {
    if (r.has_error()) throw std::runtime_error(std::string(what) + ": " + r.error().message());
}

/// All at once, as an application that starts does, so that few commits register them.
asio::awaitable<void> add_all(manager& m, const worker_orders& o, const journal& j) {
    std::size_t left = o.tasks;
    error_code failed;
    asio::steady_timer all_there(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    for (const plan& p : make_plans(o.seed, o.tasks)) {
        m.async_add(make_task(p, j), [&](const result<void>& r) {
            if (r.has_error()) failed = r.error();
            if (--left == 0) all_there.cancel();
        });
    }
    if (left != 0) (void)co_await all_there.async_wait(asio::as_tuple(asio::use_awaitable));
    if (failed) throw std::runtime_error("cannot add: " + failed.message());
}

asio::awaitable<void> live(manager& m, const worker_orders& o, const journal& j) {
    expect(co_await m.async_start(asio::use_awaitable), "cannot start");
    j.life_begins();
    co_await add_all(m, o, j);
    bool over = false;
    bool meddled = false;
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer done(executor, asio::steady_timer::time_point::max());
    std::exception_ptr error;
    asio::co_spawn(executor, meddle(m, o, over), [&](std::exception_ptr e) {
        meddled = true;
        error = e;
        done.cancel();
    });
    asio::steady_timer timer(executor);
    timer.expires_after(o.quit_after == 0 ? std::chrono::milliseconds(1h)
                                          : std::chrono::milliseconds(o.quit_after));
    co_await timer.async_wait(asio::use_awaitable);
    over = true;
    if (!meddled) (void)co_await done.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) std::rethrow_exception(error);
    const auto report = co_await m.async_shutdown(10s, asio::use_awaitable);
    expect(report, "cannot stop");
    if (report.value().unrecorded != 0) throw std::runtime_error("something did not go on record");
    j.life_ends();
}

} // namespace

int work(const worker_orders& o) {
    try {
        const auto disk = disk_of(o);
        const journal j(o.journal, o.life);
        testing::wrong_clock clock{std::chrono::microseconds(o.shift)};
        asio::io_context io(1);
        manager_options options;
        // However slow the machine is, a run waits for its record.
        options.store_timeout = 10min;
        options.cancel_grace = 60s;
        options.blocking_warn_after = 0s;
        if (o.shift != 0) options.clock = &clock;
        std::exception_ptr error;
        {
            manager m(io.get_executor(), repository_of(o, j, io), options);
            asio::co_spawn(io, live(m, o, j), [&](std::exception_ptr e) {
                error = e;
                io.stop();
            });
            io.run();
        }
        if (error) std::rethrow_exception(error);
        return worker_ended;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "worker: %s\n", e.what());
        return worker_failed;
    }
}

} // namespace rondo::crash
