// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_CORE_PAYLOAD_HPP
#define RONDO_TESTS_TRACES_CORE_PAYLOAD_HPP

#include <traces/workload.hpp>

#include <rondo/detail/task_payload.hpp>

namespace rondo::traces {

/// What hangs on a task of the core: what its bodies do.
struct core_payload final : detail::task_payload {
    explicit core_payload(const task_plan& p) : plan(&p) {}

    const task_plan* plan;
};

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_CORE_PAYLOAD_HPP
