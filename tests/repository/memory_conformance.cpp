// SPDX-License-Identifier: BSL-1.0
#include <rondo/memory.hpp>

#include <repository/conformance.hpp>

TEST_SUITE_BEGIN("repository/memory_conformance");

TEST_CASE("the memory repository keeps the contract") {
    rondo::testing::repository_under_test subject;
    subject.make_empty = [] { return rondo::memory::open(); };
    rondo::testing::expect_conformance(subject);
}

TEST_SUITE_END();
