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

/// What is there under this key, taken out. Mostly the map is empty, and asking it costs more than that.
template <class Map>
[[nodiscard]] typename Map::node_type extracted(Map& map, const typename Map::key_type& key) {
    return map.empty() ? typename Map::node_type() : map.extract(key);
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_CHAIN_HPP
