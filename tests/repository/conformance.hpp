// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_CONFORMANCE_HPP
#define RONDO_TESTS_REPOSITORY_CONFORMANCE_HPP

#include <rondo/testing/repository_suite.hpp>

#include <cstddef>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

namespace rondo::testing {

/// Fails the test case for each failure of the suite, and if the suite was not run as a whole.
inline void expect_conformance(const repository_under_test& subject) {
    const suite_report report = check_repository(subject);
    for (const std::string& failure : report.failures) FAIL_CHECK(failure);
    std::size_t cases = subject.let_go ? 109 : 115; // those of shared repositories, or of others
    if (subject.reopen) cases += subject.let_go ? 3 : 4;
    if (subject.set_failing) cases += 2;
    CHECK(report.cases >= cases);
    CHECK(report.checks > 1'500);
}

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_CONFORMANCE_HPP
