// SPDX-License-Identifier: BSL-1.0
#include <rondo/memory.hpp>

#include <repository/blocking.hpp>

#include <atomic>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/memory_bounds");

namespace {

using namespace rondo;
using namespace rondo::testing;

memory::options bounds(std::size_t per_task, std::size_t in_all) {
    memory::options o;
    o.runs_per_task_max = per_task;
    o.runs_max = in_all;
    return o;
}

std::string kept(repository& r) {
    history_filter filter;
    filter.limit = history_limit_max;
    const history_page page = blocking(r.history(filter)).value();
    std::string text;
    for (const run& x : page.runs) text += std::to_string(x.id.low) + " ";
    return text;
}

void begin(repository& r, std::string_view uid, std::uint64_t n) {
    blocking(r.begin_runs(one_begin(uid, n))).value();
}
void end(repository& r, std::string_view uid, std::uint64_t n) {
    blocking(r.finish_runs(one_end(uid, n))).value();
}

} // namespace

TEST_CASE("the oldest ended run of a task goes first") {
    const auto r = memory::open(bounds(3, 100));
    blocking(r->register_tasks(one_task("t"))).value();
    for (std::uint64_t n = 1; n <= 5; ++n) {
        begin(*r, "t", n);
        end(*r, "t", n);
    }
    CHECK(kept(*r) == "5 4 3 ");
    CHECK_FALSE(blocking(r->find_run(id(1))).value());
}

TEST_CASE("no run in flight goes, however old") {
    const auto r = memory::open(bounds(3, 100));
    blocking(r->register_tasks(one_task("t"))).value();
    for (std::uint64_t n = 1; n <= 5; ++n) begin(*r, "t", n);
    CHECK(kept(*r) == "5 4 3 2 1 ");
    end(*r, "t", 4);
    end(*r, "t", 2);
    begin(*r, "t", 6);
    CHECK(kept(*r) == "6 5 3 1 "); // both that had ended
    end(*r, "t", 1);
    end(*r, "t", 6);
    begin(*r, "t", 7);
    CHECK(kept(*r) == "7 5 3 ");
}

TEST_CASE("in all, the oldest ended run of any task goes first") {
    const auto r = memory::open(bounds(10, 4));
    blocking(r->register_tasks(one_task("t"))).value();
    blocking(r->register_tasks(one_task("u"))).value();
    for (std::uint64_t n = 1; n <= 6; ++n) {
        const char* uid = n % 2 == 1 ? "t" : "u";
        begin(*r, uid, n);
        if (n != 1) end(*r, uid, n);
    }
    CHECK(kept(*r) == "6 5 4 1 ");
    end(*r, "t", 1);
    begin(*r, "u", 7);
    CHECK(kept(*r) == "7 6 5 4 ");
}

TEST_CASE("bounds of zero are bounds of one") {
    const auto r = memory::open(bounds(0, 0));
    blocking(r->register_tasks(one_task("t"))).value();
    for (std::uint64_t n = 1; n <= 3; ++n) {
        begin(*r, "t", n);
        end(*r, "t", n);
    }
    CHECK(kept(*r) == "3 ");
}

TEST_CASE("a run that was let go leaves nothing to the one in its place") {
    const auto r = memory::open(bounds(1, 1));
    blocking(r->register_tasks(one_task("t"))).value();
    auto requests = one_begin("t", 1);
    requests[0].started->users.emplace_back("a");
    blocking(r->begin_runs(requests)).value();
    auto ends = one_end("t", 1, std::string(1'000, 'm'));
    ends[0].run.results.emplace_back(user("a"), "");
    blocking(r->finish_runs(ends)).value();
    begin(*r, "t", 2);
    end(*r, "t", 2);
    const auto second = blocking(r->find_run(id(2))).value();
    REQUIRE(second);
    CHECK(second->message.empty());
    CHECK(second->users.empty());
    CHECK(second->results.empty());
}

TEST_CASE("skips of a task are bounded") {
    const auto r = memory::open();
    blocking(r->register_tasks(one_task("t"))).value();
    for (std::int64_t n = 0; n < 100; ++n) {
        std::vector<begin_request> requests(1);
        requests[0].uid = shared_string("t");
        requests[0].expected = at(n);
        requests[0].next = at(n + 1);
        requests[0].skipped.emplace();
        requests[0].skipped->reason = n % 2 == 0 ? skip_reason::missed : skip_reason::overlap;
        requests[0].skipped->first = requests[0].skipped->last = at(n);
        requests[0].skipped->count = 1;
        blocking(r->begin_runs(requests)).value();
    }
    const auto skips = blocking(r->skips("t", 1'000)).value();
    CHECK(skips.size() == 32);
    CHECK(skips.front().first == at(99));
}

TEST_CASE("contexts on many threads share a repository") {
    const auto r = memory::open(bounds(10, 25));
    blocking(r->register_tasks(one_task("t"))).value();
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t calls = 500;
    std::atomic<std::uint64_t> recorded{0};
    std::vector<std::thread> all;
    for (std::uint64_t t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            for (std::uint64_t i = 1; i <= calls; ++i) {
                const std::uint64_t n = t * calls + i;
                begin(*r, "t", n);
                const auto s = blocking(r->finish_runs(one_end("t", n))).value();
                if (s[0] == finish_state::recorded) ++recorded;
                (void)blocking(r->history({})).value();
            }
        });
    for (std::thread& t : all) t.join();
    CHECK(recorded == threads * calls);
    CHECK(blocking(r->history({})).value().runs.size() <= 10);
}

TEST_SUITE_END();
