// SPDX-License-Identifier: BSL-1.0
#include <core/decision_list.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <vector>

namespace rondo::test {
namespace {

using namespace std::chrono_literals;

// What comes of handing over `n`.
std::vector<std::string> taken(core::decision_list& list, std::size_t n) {
    std::vector<std::string> uids;
    const std::size_t count = list.hand_over(n, [&](std::span<core::decision> some) {
        for (const core::decision& d : some) uids.push_back(d.request.uid.str());
    });
    CHECK(count == uids.size());
    return uids;
}

TEST_SUITE_BEGIN("core/decision_list");

TEST_CASE("decisions are handed over in parts, and in order") {
    core::decision_list list;
    CHECK(list.empty());
    CHECK(taken(list, 10).empty());
    for (int i = 0; i != 5; ++i) list.append().request.uid = shared_string(std::to_string(i));
    CHECK(taken(list, 2) == std::vector<std::string>{"0", "1"});
    list.append().request.uid = shared_string("5");
    CHECK(list.size() == 4);
    CHECK(taken(list, 1) == std::vector<std::string>{"2"});
    CHECK(taken(list, 10) == std::vector<std::string>{"3", "4", "5"});
    CHECK(list.empty());
}

TEST_CASE("the latest decision of a task is found for as long as it is here") {
    core::decision_list list;
    core::task_record tasks[] = {core::task_record(every(1s)), core::task_record(every(1s)),
                                 core::task_record(every(1s))};
    for (core::task_record& task : tasks) CHECK(list.latest_of(task) == nullptr);
    for (core::task_record& task : tasks) list.append(task).no = 1;
    list.append(tasks[0]).no = 2;
    REQUIRE(list.latest_of(tasks[0]) != nullptr);
    CHECK(list.latest_of(tasks[0])->no == 2);

    (void)taken(list, 2); // the first of the first two
    REQUIRE(list.latest_of(tasks[0]) != nullptr);
    CHECK(list.latest_of(tasks[0])->no == 2);
    CHECK(list.latest_of(tasks[1]) == nullptr);
    REQUIRE(list.latest_of(tasks[2]) != nullptr);
    CHECK(list.latest_of(tasks[2])->task == &tasks[2]);

    list.append(tasks[1]).no = 3; // behind those that were left
    CHECK(list.latest_of(tasks[1])->no == 3);
    (void)taken(list, 2);
    CHECK(list.latest_of(tasks[0]) == nullptr);
    CHECK(list.latest_of(tasks[2]) == nullptr);
    REQUIRE(list.latest_of(tasks[1]) != nullptr);
    (void)taken(list, 1);
    list.append(tasks[2]).no = 4; // anew
    CHECK(list.latest_of(tasks[1]) == nullptr);
    CHECK(list.latest_of(tasks[2])->no == 4);
}

TEST_CASE("a decision outlives its task") {
    core::decision_list list;
    core::task_record gone(every(1s));
    list.append(gone).request.uid = shared_string("gone");
    list.forget(gone);
    CHECK(list.latest_of(gone)->task == nullptr);
    CHECK(taken(list, 1) == std::vector<std::string>{"gone"});
    CHECK(gone.past->pending_decision == 1); // it is not touched any more
}

TEST_CASE("what could not be taken stays") {
    core::decision_list list;
    core::task_record task(every(1s));
    list.append(task).no = 7;
    CHECK_THROWS_AS((void)list.hand_over(1, [](std::span<core::decision>) { throw std::bad_alloc(); }),
                    std::bad_alloc);
    CHECK(list.size() == 1);
    REQUIRE(list.latest_of(task) != nullptr);
    CHECK(list.latest_of(task)->no == 7);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::test
