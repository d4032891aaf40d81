// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_TASK_PAYLOAD_HPP
#define RONDO_DETAIL_TASK_PAYLOAD_HPP

namespace rondo::detail {

/// What hangs on a task and is none of the core's business: its body.
struct task_payload {
    virtual ~task_payload() = default;
};

} // namespace rondo::detail

#endif // RONDO_DETAIL_TASK_PAYLOAD_HPP
