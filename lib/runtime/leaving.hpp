// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_LEAVING_HPP
#define RONDO_RUNTIME_LEAVING_HPP

#include <rondo/reports.hpp>

#include <cstddef>

namespace rondo::runtime {

/// How far a manager that is over has come with letting go of what it holds.
struct leaving {
    shutdown_report report;
    std::size_t bucket = 0; ///< of the runs with a body: those before it are in the report
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_LEAVING_HPP
