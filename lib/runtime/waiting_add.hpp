// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_WAITING_ADD_HPP
#define RONDO_RUNTIME_WAITING_ADD_HPP

#include <rondo/manager.hpp>

#include <runtime/pending.hpp>

namespace rondo::runtime {

/// An add whose uid is being registered by another.
struct waiting_add {
    pending_ptr<void> done;
    task what;
    if_exists otherwise;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_WAITING_ADD_HPP
