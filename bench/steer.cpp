// SPDX-License-Identifier: BSL-1.0
// What one word to the manager brings about for all tasks.
#include <sleeper.hpp>
#include <work.hpp>

#include <repository/forwarding_repository.hpp>

#include <rondo/context.hpp>

namespace rondo::bench {
namespace {

template <class Subject, class Done>
values measured(Subject& subject, std::size_t n, double before, Done done) {
    auto start = steady::now();
    double longest = longest_handler(subject.io(), done);
    return {1e3 * longest, seconds_since(start), (peak_bytes() - before) / static_cast<double>(n)};
}

values measure_loop(std::size_t n) {
    expiring subject;
    std::uint64_t runs = 0;
    subject.add(n, runs);
    double before = peak_bytes();
    subject.make_due();
    return measured(subject, n, before, [&] { return runs >= n; });
}

// The end of a pause of all, in which all have missed slots, and catch up.
values measure_resume_all(std::size_t n) {
    sleeper subject;
    std::uint64_t runs = 0;
    subject.add(n, runs);
    double before = peak_bytes();
    subject.ask<void>([](auto& e, auto done) { e.pause_all(std::move(done), std::nullopt); });
    subject.wait_for_all();
    subject.make_due();
    subject.ask<void>([](auto& e, auto done) { e.pause_all(std::move(done), resume_from::the_past); });
    return measured(subject, n, before, [&] { return runs >= n; });
}

// A tenth of all tasks run until they are cancelled, the others wait for a place.
values measure_shutdown(std::size_t n) {
    manager_options o;
    o.runs_in_flight_max = n / 10 + 1;
    sleeper subject({}, memory::open(), o);
    std::uint64_t begun = 0;
    subject.add(n, [&begun](context ctx) -> boost::asio::awaitable<void> {
        ++begun;
        (co_await ctx.async_sleep_for(std::chrono::hours(100))).value();
    });
    double before = peak_bytes();
    subject.make_due();
    longest_handler(subject.io(), [&] { return begun >= n / 10; });
    subject.ask<shutdown_report>(
        [](auto& e, auto done) { e.shutdown(std::move(done), std::chrono::nanoseconds(0)); });
    return measured(subject, n, before, [&] { return !subject.under_way(); });
}

/// Fails as long as it is down.
class failing final : public testing::forwarding_repository {
public:
    using forwarding_repository::forwarding_repository;

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        if (down) throw std::runtime_error("down");
        return inner_->begin_runs(std::move(requests));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        if (down) throw std::runtime_error("down");
        return inner_->finish_runs(std::move(requests));
    }

    bool down = false;
};

// A store that comes back finds the begin and the end of a run of each task.
values measure_store_back(std::size_t n) {
    auto store = std::make_shared<failing>(memory::open());
    manager_options o;
    o.outbox_max = 3 * n;
    sleeper subject({}, store, o);
    std::uint64_t runs = 0;
    subject.add(n, runs);
    double before = peak_bytes();
    store->down = true;
    subject.make_due();
    double longest = longest_handler(subject.io(), [&] { return runs >= n; });
    store->down = false;
    values back = measured(subject, n, before, [&] { return !subject.state().store_down; });
    back[0] = std::max(back[0], 1e3 * longest); // while it was down, too
    return back;
}

} // namespace

std::vector<work> steer_works(const extent& e) {
    std::vector<work> works;
    std::size_t n = e.idle_tasks_max;
    struct measurement {
        const char* name;
        values (*take)(std::size_t n);
    };
    for (measurement m : {measurement{"resume-all", measure_resume_all},
                          {"resume-shutdown", measure_shutdown},
                          {"resume-store", measure_store_back}})
        works.push_back({m.name,
                         {{"longest_handler_ms", "ms", figure::over_rounds::median, 100},
                          {"seconds", "s"},
                          {"bytes_per_task", "B"}},
                         [m, n] { return m.take(n); },
                         [n] { return measure_loop(n); }});
    return works;
}

} // namespace rondo::bench
