// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_POLICIES_ROWS_HPP
#define RONDO_TESTS_POLICIES_ROWS_HPP

#include <rondo/task_limits.hpp>
#include <rondo/words.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace rondo::policies {

struct policy {
    std::string_view name;
    rondo::overlap overlap;
    std::uint32_t in_flight_max = 0;
    std::uint32_t buffer_max = buffer_max_default;
};

inline constexpr std::array policies{
    policy{"skip", overlap::skip},
    policy{"allow_all", overlap::allow_all},
    policy{"allow_all, at most 2", overlap::allow_all, 2},
    policy{"buffer_one", overlap::buffer_one},
    policy{"buffer_all, at most 2", overlap::buffer_all, 0, 2},
    policy{"cancel_other", overlap::cancel_other},
};

/// How a run comes about. A further trigger is a further row here.
struct arrival {
    std::string_view name;
    bool by_slot = false;
    bool overrides = false; ///< the task's own policy is `skip`
    bool backfills = false; ///< likewise
};

inline constexpr std::array arrivals{
    arrival{"slot", true},
    arrival{"manual"},
    arrival{"manual, override", false, true},
};

inline constexpr arrival by_backfill{"backfill", false, true, true};

} // namespace rondo::policies

#endif // RONDO_TESTS_POLICIES_ROWS_HPP
