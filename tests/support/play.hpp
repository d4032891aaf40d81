// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_PLAY_HPP
#define RONDO_TESTS_SUPPORT_PLAY_HPP

#include <support/core_script.hpp>

#include <cstddef>
#include <string>

namespace rondo::test {

/// Plays a script: as it is; again, which must give the same actions and ids; once for each answer of
/// the repository with a failure there, which must change nothing; and with a second wake-up after each.
template <class F>
void play(core::scheduler_options options, F script) {
    std::string healthy;
    std::size_t answers = 0;
    {
        core_script s(options);
        script(s);
        s.expect_nothing();
        healthy = s.trace();
        answers = s.answers();
    }
    // One more than there are answers: the run without a fault.
    for (std::size_t fault = 0; fault <= answers; ++fault) {
        core_script s(options);
        s.fail_answer(fault);
        script(s);
        s.expect_nothing();
        CHECK(s.trace() == healthy);
    }
    core_script s(options);
    s.wake_spuriously();
    script(s);
    s.expect_nothing();
    CHECK(s.trace() == healthy);
}

template <class F>
void play(F script) {
    play(core::scheduler_options(), script);
}

} // namespace rondo::test

#endif // RONDO_TESTS_SUPPORT_PLAY_HPP
