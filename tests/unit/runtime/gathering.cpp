// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

/// Tells how many runs came with each call.
struct listening_repository final : testing::forwarding_repository {
    listening_repository(std::shared_ptr<repository> inner, bool costly)
        : forwarding_repository(std::move(inner)), costly_(costly) {}

    [[nodiscard]] bool calls_are_costly() const noexcept override { return costly_; }
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        begins.push_back(requests.size());
        return inner_->begin_runs(std::move(requests));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        ends.push_back(requests.size());
        return inner_->finish_runs(std::move(requests));
    }

    std::vector<std::size_t> begins;
    std::vector<std::size_t> ends;

private:
    bool costly_;
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

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
