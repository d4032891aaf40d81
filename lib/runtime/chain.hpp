// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_CHAIN_HPP
#define RONDO_RUNTIME_CHAIN_HPP

#include <rondo/run.hpp>

#include <runtime/pending.hpp>

#include <optional>
#include <vector>

namespace rondo::runtime {

/// The attempts of one slot, or one manual run.
struct chain {
    std::optional<run> last; ///< that ended, if another may follow
    std::vector<pending_ptr<run>> followers;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_CHAIN_HPP
