// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_AWAITED_CALL_HPP
#define RONDO_RUNTIME_AWAITED_CALL_HPP

#include <rondo/error.hpp>
#include <rondo/time.hpp>

namespace rondo::runtime {

/// A call of the repository that somebody waits for, no longer than until its deadline.
struct awaited_call {
    steady_time deadline{};
    bool over = false; ///< answered

    virtual ~awaited_call() = default;
    /// Gives up waiting.
    virtual void expire(errc why) = 0;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_AWAITED_CALL_HPP
