// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTING_REPOSITORY_SUITE_HPP
#define RONDO_TESTING_REPOSITORY_SUITE_HPP

#include <rondo/repository.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rondo::testing {

/// How the suite gets at the repository under test.
struct repository_under_test {
    /// A new and empty repository; called for each case, and more often by some.
    std::function<std::shared_ptr<repository>()> make_empty;
    /// Opens again what the last `make_empty` made, after its last owner let go. Null if nothing of it
    /// is kept then; the cases about restarts are left out.
    std::function<std::shared_ptr<repository>()> reopen;
    /// Makes what is beneath the repository that was made last fail (true: a disk, a connection), or work again. Null
    /// if that cannot be done; the cases about stores that fail are left out.
    std::function<void(bool)> set_failing{};
    /// Of a shared repository: makes nobody's what is in flight in the one that was made last, as of managers that are
    /// long gone, so that a start takes it over. Called before each start.
    std::function<void()> let_go{};
};

struct suite_report {
    std::size_t cases = 0;
    std::size_t checks = 0;
    /// "case: what was expected, what was seen", one for each check that did not hold.
    std::vector<std::string> failures;
};

/// Holds a repository against the contract in <rondo/repository.hpp>. Needs no test framework. Blocks
/// until done, on an `io_context` of its own; a call that does not complete within 10 s is a failure.
[[nodiscard]] suite_report check_repository(const repository_under_test& subject);

} // namespace rondo::testing

#endif // RONDO_TESTING_REPOSITORY_SUITE_HPP
