// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUN_FAILURE_HPP
#define RONDO_RUN_FAILURE_HPP

#include <rondo/error.hpp>
#include <rondo/run.hpp>

#include <cstdint>
#include <exception>
#include <span>
#include <string_view>

namespace rondo {

/// A run that went wrong, as `task::retry_if` is asked about it. Refers to what lives during that call.
struct run_failure {
    std::string_view uid;
    run_id id;
    std::uint32_t attempt = 1;
    rondo::outcome outcome = rondo::outcome::failed; ///< or `timed_out`
    error_code code;                                 ///< what the body returned, or threw in a `system_error`
    std::exception_ptr thrown;                       ///< what it threw; null if it did not
    std::string_view message;                        ///< of either
    std::span<const task_result> results;            ///< of a body for users
};

} // namespace rondo

#endif // RONDO_RUN_FAILURE_HPP
