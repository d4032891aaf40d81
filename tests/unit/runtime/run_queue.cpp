// SPDX-License-Identifier: BSL-1.0
#include "faulty_repository.hpp"
#include "world.hpp"

#include <runtime/recording_call.hpp>
#include <runtime/run_queue.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace rondo::tests {
namespace {

std::shared_ptr<detail::run_state> state() {
    return std::make_shared<detail::run_state>(asio::any_io_executor(), nullptr);
}

TEST_SUITE_BEGIN("runtime/run_queue");

TEST_CASE("a list of runs knows how many it has, in order, whatever comes and goes") {
    runtime::run_list list;
    const auto a = state();
    const auto b = state();
    const auto c = state();
    CHECK(list.empty());
    CHECK(list.size() == 0);
    CHECK(list.pop() == nullptr);
    list.push(b);
    list.push(c);
    CHECK(list.size() == 2);
    runtime::run_list first;
    first.put_first(std::move(list)); // into one that is empty
    CHECK(first.size() == 2);
    CHECK(list.size() == 0);
    list.push(a);
    first.put_first(std::move(list));
    first.put_first(runtime::run_list());
    CHECK(first.size() == 3);
    runtime::run_list moved(std::move(first));
    CHECK(first.size() == 0);
    CHECK(moved.pop() == a);
    CHECK(moved.size() == 2);
    CHECK(moved.pop() == b);
    CHECK(moved.pop() == c);
    CHECK(moved.empty());
    CHECK(moved.size() == 0);
    moved.push(a);
    moved.push(b);
    moved.clear();
    CHECK(moved.size() == 0);
}

TEST_CASE("runs are expected by a handler that is on its way, and by no other") {
    runtime::run_queue queue;
    queue.list.push(state());
    queue.list.push(state());
    CHECK(queue.expected() == 0);
    queue.posted = true;
    CHECK(queue.expected() == 2);
    const runtime::run_list all = queue.all();
    CHECK(queue.expected() == 0);
    CHECK(all.size() == 2);
}

TEST_CASE("of begins that are on record the first part is small, and the next larger, up to a limit") {
    const auto store = std::make_shared<faulty_repository>(memory::open(), true); // it works beside the loop
    const auto sizes = runtime::part_sizes::of(store.get());
    runtime::answered_begins answered;
    answered.called.resize(1000);
    answered.answers.resize(1000);
    CHECK(answered.expected() == 0);
    answered.posted = true;
    std::vector<std::size_t> parts;
    for (; answered.next < 400; answered.next += parts.back()) parts.push_back(answered.next_part(sizes));
    CHECK(parts == std::vector<std::size_t>{16, 32, 64, 128, 128, 128});
    CHECK(answered.expected() == 1000 - answered.next);
    answered.next = 0;
    CHECK(answered.next_part(sizes) == 16);
    CHECK(answered.next_part(runtime::part_sizes::of(memory::open().get())) == 1000);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
