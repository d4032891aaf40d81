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
        std::uint32_t in_flight;
        std::uint32_t in_flight_max;
        overlap_answer answer;
    };
    for (const row& r : {
             row{overlap::skip, 0, 0, overlap_answer::start},
             row{overlap::skip, 1, 0, overlap_answer::skip},
             row{overlap::skip, 1, 5, overlap_answer::skip},
             row{overlap::allow_all, 0, 0, overlap_answer::start},
             row{overlap::allow_all, 0, 1, overlap_answer::start},
             row{overlap::allow_all, 1, 0, overlap_answer::start},
             row{overlap::allow_all, 4'000'000'000, 0, overlap_answer::start},
             row{overlap::allow_all, 1, 1, overlap_answer::skip},
             row{overlap::allow_all, 1, 2, overlap_answer::start},
             row{overlap::allow_all, 2, 2, overlap_answer::skip},
             row{overlap::allow_all, 3, 2, overlap_answer::skip},
         }) {
        CAPTURE(r.in_flight);
        CAPTURE(r.in_flight_max);
        CHECK(overlap_decision(r.policy, r.in_flight, r.in_flight_max) == r.answer);
    }
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::core
