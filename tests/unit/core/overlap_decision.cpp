// SPDX-License-Identifier: BSL-1.0
#include <core/overlap_decision.hpp>

#include <ostream>

#include <doctest/doctest.h>

namespace rondo::core {
namespace {

TEST_SUITE_BEGIN("core/overlap_decision");

TEST_CASE("the table holds") {
    struct row {
        overlap policy;
        std::uint64_t in_flight;
        std::uint64_t waiting;
        std::uint32_t in_flight_max;
        std::uint32_t waiting_max;
        overlap_answer answer;
    };
    using enum overlap_answer;
    for (const row& r : {
             row{overlap::skip, 0, 0, 0, 9, start},
             row{overlap::skip, 1, 0, 0, 9, skip},
             row{overlap::skip, 1, 0, 5, 9, skip},
             row{overlap::skip, 0, 1, 0, 9, skip},
             row{overlap::allow_all, 0, 0, 0, 9, start},
             row{overlap::allow_all, 0, 0, 1, 9, start},
             row{overlap::allow_all, 1, 0, 0, 9, start},
             row{overlap::allow_all, 4'000'000'000, 0, 0, 9, start},
             row{overlap::allow_all, 1, 0, 1, 9, skip},
             row{overlap::allow_all, 1, 0, 2, 9, start},
             row{overlap::allow_all, 2, 0, 2, 9, skip},
             row{overlap::allow_all, 3, 0, 2, 9, skip},
             row{overlap::allow_all, 0, 1, 2, 9, wait},
             row{overlap::allow_all, 1, 1, 2, 9, skip},
             row{overlap::allow_all, 1, 1, 0, 9, wait},
             row{overlap::buffer_one, 0, 0, 0, 9, start},
             row{overlap::buffer_one, 1, 0, 0, 9, wait},
             row{overlap::buffer_one, 1, 1, 0, 9, full},
             row{overlap::buffer_one, 0, 1, 0, 9, full},
             row{overlap::buffer_all, 0, 0, 0, 2, start},
             row{overlap::buffer_all, 1, 0, 0, 2, wait},
             row{overlap::buffer_all, 1, 1, 0, 2, wait},
             row{overlap::buffer_all, 1, 2, 0, 2, full},
             row{overlap::buffer_all, 0, 2, 0, 2, full},
             row{overlap::cancel_other, 0, 0, 0, 9, start},
             row{overlap::cancel_other, 1, 0, 0, 9, replace},
             row{overlap::cancel_other, 0, 1, 0, 9, replace},
             row{overlap::cancel_other, 1, 1, 0, 9, replace},
         }) {
        CAPTURE(to_string(r.policy));
        CAPTURE(r.in_flight);
        CAPTURE(r.waiting);
        CHECK(overlap_decision(r.policy, r.in_flight, r.waiting, r.in_flight_max, r.waiting_max) == r.answer);
    }
}

TEST_CASE("what waits may start beside others only under allow_all") {
    for (auto policy : {overlap::skip, overlap::buffer_one, overlap::buffer_all, overlap::cancel_other}) {
        CHECK(may_start(policy, 0, 0));
        CHECK(!may_start(policy, 1, 0));
    }
    CHECK(may_start(overlap::allow_all, 1, 0));
    CHECK(may_start(overlap::allow_all, 1, 2));
    CHECK(!may_start(overlap::allow_all, 2, 2));
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
