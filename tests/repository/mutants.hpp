// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_MUTANTS_HPP
#define RONDO_TESTS_REPOSITORY_MUTANTS_HPP

#include <rondo/memory.hpp>
#include <rondo/testing/repository_suite.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rondo::testing {

/// What the suite finds in a repository that forwards to one in memory, and breaks one sentence of the contract.
template <class Mutant>
std::vector<std::string> failures_of() {
    repository_under_test subject;
    subject.make_empty = [] { return std::make_shared<Mutant>(memory::open()); };
    return check_repository(subject).failures;
}

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_MUTANTS_HPP
