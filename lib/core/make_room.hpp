// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_MAKE_ROOM_HPP
#define RONDO_CORE_MAKE_ROOM_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

namespace rondo::core {

/// So many more fit in without memory.
template <class T>
void make_room(std::vector<T>& v, std::size_t n) {
    if (v.capacity() - v.size() < n) v.reserve(std::max(2 * v.size(), v.size() + n));
}

} // namespace rondo::core

#endif // RONDO_CORE_MAKE_ROOM_HPP
