// SPDX-License-Identifier: BSL-1.0
#include <crash/tasks.hpp>

#include <rondo/cron.hpp>
#include <rondo/schedule.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace rondo::crash {
namespace {

using std::chrono::microseconds;

/// Says how a body ended, also if it is cancelled, which throws.
class told_end {
public:
    told_end(const journal& j, const context& c) : journal_(j), context_(c) { j.body_begins(c); }
    told_end(const told_end&) = delete;
    told_end& operator=(const told_end&) = delete;
    ~told_end() { journal_.body_ends(context_, how); }

    const char* how = "stopped";

private:
    const journal& journal_;
    context context_;
};

boost::asio::awaitable<result<void>> body(context c, plan p, const journal& j) {
    told_end told(j, c);
    if (p.body > 0) {
        const auto slept = co_await c.async_sleep_for(microseconds(p.body), boost::asio::use_awaitable);
        if (slept.has_error()) co_return slept.error();
    }
    const bool fails = p.fails(c.scheduled_at().time_since_epoch().count(), c.attempt());
    told.how = fails ? "failed" : "success";
    if (fails) co_return boost::system::errc::make_error_code(boost::system::errc::io_error);
    co_return boost::outcome_v2::success();
}

schedule schedule_of(const plan& p) {
    switch (p.rule) {
    case rule::grid: return every(microseconds(p.interval));
    case rule::delay: return every_after(microseconds(p.interval));
    case rule::single: return once();
    case rule::seconds: break;
    }
    return cron_schedule("*/" + std::to_string(p.interval / 1'000'000) + " * * * * *", cron_dialect::seconds);
}

} // namespace

task make_task(const plan& p, const journal& j) {
    task t(p.uid, p.uid, schedule_of(p), [p, &j](context c) { return body(std::move(c), p, j); });
    t.overlap(p.overlap).runs_in_flight_max(p.in_flight_max);
    if (p.first_after_interval) t.first_run(after_interval);
    if (p.timeout > 0) t.timeout(microseconds(p.timeout));
    if (p.buffer_max > 0) t.buffer_max(p.buffer_max);
    catch_up c;
    c.coalesce = p.coalesce;
    if (p.window >= 0) c.window = microseconds(p.window);
    c.spread = microseconds(p.spread);
    t.catch_up(c);
    if (p.reruns) t.on_abandoned(on_abandoned::rerun);
    if (p.attempts > 1) {
        retry r;
        r.attempts = p.attempts;
        r.backoff = microseconds(5000);
        r.max = microseconds(20'000);
        t.retry(r);
    }
    return t;
}

} // namespace rondo::crash
