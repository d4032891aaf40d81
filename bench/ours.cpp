// SPDX-License-Identifier: BSL-1.0
#include <ours.hpp>
#include <usage.hpp>

#include <rondo/memory.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace rondo::bench {
namespace {

// Tasks that come or go in one call.
constexpr std::size_t part = 1000;

// Operations under way at once. Few, as of a server that adds its tasks one after the other: a burst of a
// thousand leaves holes in the heap that would be charged to the tasks.
constexpr std::size_t batch = 8;

manager_options options_with(std::chrono::nanoseconds resolution, std::size_t shards,
                             const repository& store) {
    manager_options o;
    if (store.is_shared()) o.on_store_failure = on_store_failure::stop;
    o.resolution = resolution;
    o.shards = shards;
    return o;
}

auto counting_body(run_counter count) {
    return [count]() -> boost::asio::awaitable<void> {
        count();
        co_return;
    };
}

auto recording_body(recorder& r) {
    return [&r](context ctx) -> boost::asio::awaitable<void> {
        r.take(ctx.scheduled_at(), ctx.now());
        co_return;
    };
}

} // namespace

ours::ours(std::chrono::nanoseconds resolution, std::size_t threads)
    : ours(resolution, memory::open(), threads) {}

ours::ours(std::chrono::nanoseconds resolution, std::shared_ptr<repository> store, std::size_t threads)
    : stage_(io_, threads), threads_(threads > 1),
      manager_(io_.get_executor(), store, options_with(resolution, threads, *store)) {
    manager_.async_start(counted<start_report>());
    wait_for_all();
}

void ours::add_idle(std::size_t n, std::uint64_t& runs) {
    add(n, [&](std::size_t i) {
        std::string id = task_id(i);
        task t(id, id, every(std::chrono::hours(1)), counting_body(run_counter(runs, threads_)));
        t.first_run(after_interval);
        return t;
    });
}

void ours::add_late(std::size_t n, std::uint64_t& runs) {
    const auto first = std::chrono::system_clock::now() - std::chrono::years(10);
    manager_.async_pause_all(counted<void>()); // all begin together
    add(n, [&](std::size_t i) {
        std::string id = task_id(i);
        task t(id, id, every(std::chrono::minutes(1)), counting_body(run_counter(runs, threads_)));
        t.first_run(std::chrono::time_point_cast<wall_time::duration>(first));
        t.catch_up({.coalesce = coalesce::all});
        return t;
    });
    manager_.async_resume_all(resume_from::the_past, counted<void>());
    wait_for_all();
}

void ours::add_counting(const plan& p, std::uint64_t& runs) {
    add(p.phases.size(), [&](std::size_t i) {
        std::string id = task_id(i);
        task t(id, id, every(p.period), counting_body(run_counter(runs, threads_)));
        t.first_run(p.base.wall + p.phases[i]).tolerance(tolerance_);
        return t;
    });
}

void ours::add_recording(const plan& p, recorder& r) {
    add(p.phases.size(), [&](std::size_t i) {
        std::string id = task_id(i);
        task t(id, id, every(p.period), recording_body(r));
        t.first_run(p.base.wall + p.phases[i]);
        return t;
    });
}

auto ours::counted_many() {
    ++under_way_;
    return [this](const result<bulk_report>& r) {
        on_done(!r ? r.error() : r.value().failures.empty() ? error_code() : r.value().failures[0].error);
    };
}

void ours::add(std::size_t n, const std::function<task(std::size_t)>& make) {
    for (std::size_t i = 0; steps_ == steps::many && i != n;) {
        std::vector<task> some;
        some.reserve(std::min(part, n - i));
        for (const std::size_t end = i + some.capacity(); i != end; ++i) some.push_back(make(i));
        manager_.async_add(std::move(some), counted_many());
        wait_for_all();
    }
    for (std::size_t i = 0; steps_ == steps::single && i != n; ++i) {
        manager_.async_add(make(i), counted<void>());
        if (under_way_ == batch) wait_for_all();
    }
    wait_for_all();
}

void ours::run_all(std::size_t n) {
    for (std::size_t i = 0; i != n; ++i) manager_.async_run(task_id(i), counted<run>());
    wait_for_all();
}

void ours::remove(const std::vector<std::uint32_t>& order) {
    for (std::size_t i = 0; steps_ == steps::many && i != order.size();) {
        std::vector<std::string> some;
        some.reserve(std::min(part, order.size() - i));
        for (const std::size_t end = i + some.capacity(); i != end; ++i) some.push_back(task_id(order[i]));
        manager_.async_remove(std::move(some), counted_many());
        wait_for_all();
    }
    for (std::uint32_t i : steps_ == steps::single ? order : std::vector<std::uint32_t>()) {
        manager_.async_remove(task_id(i), counted<void>());
        if (under_way_ == batch) wait_for_all();
    }
    wait_for_all();
}

void ours::on_done(error_code e) {
    --under_way_;
    if (!error_) error_ = e;
}

void ours::wait_for_all() {
    while (under_way_ > 0) io_.run_one();
    if (error_) throw boost::system::system_error(error_);
}

} // namespace rondo::bench
