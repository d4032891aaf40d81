// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

/// Tells how many runs came with each call.
struct listening_repository final : testing::forwarding_repository {
    listening_repository(std::shared_ptr<repository> inner, bool costly, bool together = false)
        : forwarding_repository(std::move(inner)), costly_(costly), together_(together) {}

    [[nodiscard]] bool calls_are_costly() const noexcept override { return costly_; }
    [[nodiscard]] bool records_together() const noexcept override { return together_; }
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        begins.push_back(requests.size());
        return inner_->begin_runs(std::move(requests));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        ends.push_back(requests.size());
        return inner_->finish_runs(std::move(requests));
    }

    boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) override {
        together += !ended.empty() && !begun.empty() ? 1 : 0;
        for (const finish_request& e : ended)
            for (const begin_request& b : begun)
                if (e.run.uid == b.uid) again.emplace_back(b.uid.view());
        return repository::record_runs(std::move(ended), std::move(begun), std::move(more));
    }

    std::vector<std::size_t> begins;
    std::vector<std::size_t> ends;
    std::size_t together = 0;
    std::vector<std::string> again; ///< uids of which a run ended and another began in one call

private:
    bool costly_;
    bool together_;
};

std::shared_ptr<listening_repository> ten_by_hand(bool costly) {
    auto store = std::make_shared<listening_repository>(memory::open(), costly);
    world w(store);
    w.start();
    for (int i = 0; i != 10; ++i) REQUIRE(w.add(task("t" + std::to_string(i), "", every(1h), nothing)));
    w.pass(1s); // they have run once
    store->begins.clear();
    store->ends.clear();
    int done = 0;
    for (int i = 0; i != 10; ++i)
        w.tasks->async_run("t" + std::to_string(i),
                           [&done](result<run> r) { done += r.has_value() ? 1 : 0; });
    w.pass(1s);
    CHECK(done == 10);
    CHECK(w.history().size() == 20);
    return store;
}

TEST_SUITE_BEGIN("runtime/gathering");

TEST_CASE("where calls are costly, what is asked for at once goes on record at once") {
    auto store = ten_by_hand(true);
    CHECK(store->begins == std::vector<std::size_t>{10});
    CHECK(store->ends == std::vector<std::size_t>{10});
}

TEST_CASE("where they are not, nothing waits for what comes after it") {
    auto store = ten_by_hand(false);
    CHECK(store->begins.size() > 1);
}

TEST_CASE("the end of a run and the begin of the next go on record at once, if the repository wants it") {
    auto store = std::make_shared<listening_repository>(memory::open(), true, true);
    world w(store);
    w.start();
    task t("t", "", every(1min), nothing);
    t.first_run(w.clock.now().wall - 1h).catch_up({.coalesce = coalesce::all});
    REQUIRE(w.add(std::move(t)));
    w.pass(1s);
    CHECK(store->together == 60);
    CHECK(store->again == std::vector<std::string>(60, "t"));
    CHECK(store->begins.size() == 61);
    CHECK(store->ends.size() == 61); // each that came with a begin is heard of alone, too
    auto runs = w.history();
    REQUIRE(runs.size() == 61);
    for (const run& r : runs) CHECK(r.outcome == outcome::success);
}

TEST_CASE("a repository is not asked to record nothing") {
    for (bool together : {false, true}) {
        auto store = std::make_shared<listening_repository>(memory::open(), together, together);
        world w(store);
        w.start();
        std::size_t runs = 0;
        task t("t", "", every(1h), [&runs]() -> asio::awaitable<void> {
            ++runs;
            co_return;
        });
        t.first_run(after_interval).record(record::none);
        REQUIRE(w.add(std::move(t)));
        REQUIRE(w.get<run_id>(w.tasks->async_trigger("t")));
        w.pass(1s);
        CHECK(runs == 1);
        CHECK(store->begins.empty());
        CHECK(store->ends.empty());
        CHECK(store->together == 0);
    }
}

TEST_CASE("a run that builds on an end goes on record after it, not together with it") {
    auto slow = std::make_shared<faulty_repository>(memory::open());
    auto store = std::make_shared<listening_repository>(slow, true, true);
    world w(store);
    w.start();
    int began = 0;
    int ended = 0;
    REQUIRE(w.add(task("after", "", every_after(1s), sleeper{600ms, &began, &ended})));
    REQUIRE(w.add(task("other", "", every(700ms), sleeper{300ms, &began, &ended})));
    REQUIRE(w.add(task("first", "", every(5s), nothing)));
    // Its call is under way while both others end, and are due again.
    w.pass(4900ms);
    for (int i = 0; i != 50; ++i) {
        for (const char* call : {"begin_runs", "finish_runs"}) slow->set(call, fault::waits);
        w.pass(3s);
        for (const char* call : {"begin_runs", "finish_runs"}) slow->set(call, fault::none);
        slow->let_go();
        w.pass(2s);
    }
    CHECK(store->together > 20);
    CHECK(std::ranges::count(store->again, "after") == 0);
    history_filter of_it;
    of_it.uid = "after";
    CHECK(w.history(of_it).size() > 20);
    CHECK(w.find("after").counters.skipped_not_owner == 0);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
