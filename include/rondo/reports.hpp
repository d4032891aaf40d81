// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPORTS_HPP
#define RONDO_REPORTS_HPP

#include <rondo/error.hpp>
#include <rondo/run.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rondo {

/// What `async_start` found.
struct start_report {
    std::uint64_t runs_abandoned = 0; ///< runs that an earlier process left unfinished
};

/// What became of many that were asked for in one call.
struct bulk_report {
    struct failure {
        std::size_t index = 0; ///< in what was asked for
        error_code error;      ///< as if it had been asked for alone
    };
    std::size_t succeeded = 0;
    std::vector<failure> failures; ///< the others, by index
};

/// What `async_shutdown` could not end.
struct shutdown_report {
    /// A body that ignores its cancellation.
    struct straggler {
        shared_string uid;
        run_id id;
        wall_time started_at{};
        cancel_reason cancelled = cancel_reason::shutdown;    ///< why it should end, as was said last
        rondo::outcome outcome = rondo::outcome::interrupted; ///< as it is on record
    };
    std::vector<straggler> still_running;
    /// Begins and ends of runs, and pauses that are tasks' own, that the repository did not take.
    std::size_t unrecorded = 0;
};

} // namespace rondo

#endif // RONDO_REPORTS_HPP
