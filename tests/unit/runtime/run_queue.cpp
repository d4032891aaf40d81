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

TEST_CASE("how long before it is due a slot is asked for follows what begins take, up to a limit") {
    runtime::recording_state s;
    CHECK(s.lead() == 10ms); // nobody knows
    s.note(1ms);
    CHECK(s.lead() == 2ms);
    for (int i = 0; i != 50; ++i) s.note(3ms);
    CHECK(s.lead() > 5900us);
    CHECK(s.lead() <= 6ms);
    s.note(25s); // as if it had hung
    CHECK(s.lead() <= 10ms);
    for (int i = 0; i != 20; ++i) s.note(1ms);
    CHECK(s.lead() < 3ms);
    for (int i = 0; i != 50; ++i) s.note(1h);
    CHECK(s.lead() == 10ms);
    runtime::recording_state fast;
    fast.note(0ns);
    CHECK(fast.lead() == 0ns);
}

// Those of one answer may be due one after the other.
TEST_CASE("answers that are held go on when they are due, no nearer to each other than the resolution") {
    runtime::answered_begins answered;
    const steady_time begin(1h);
    for (const auto wait : {3ms, 1ms, 2ms}) {
        answered.called.emplace_back().due = begin + wait;
        answered.answers.push_back({begin_state::recorded, {}, static_cast<std::uint64_t>(wait.count())});
    }
    for (std::size_t i = 0; i != 3; ++i) answered.hold(i);
    answered.next = 3;
    (void)answered.take_over();
    CHECK(answered.held.size() == 3);
    CHECK(answered.next_held(5ms) == begin + 1ms);
    answered.let_go(begin + 1ms);
    REQUIRE(answered.called.size() == 1);
    CHECK(answered.called[0].due == begin + 1ms);
    CHECK(answered.answers[0].token == 1);
    CHECK(answered.next_held(0ms) == begin + 2ms);
    CHECK(answered.next_held(5ms) == begin + 6ms);
    answered.let_go(begin + 6ms);
    CHECK(answered.called.size() == 3);
    CHECK(answered.held.empty());
    CHECK(answered.next_held(0ms) == steady_time::max());
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
