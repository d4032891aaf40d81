// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CORE_LABEL_HPP
#define RONDO_CORE_LABEL_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace rondo::core {

/// Whether this may identify a task or a group: 1 to `size_max` bytes, and no control characters.
[[nodiscard]] constexpr bool is_label(std::string_view text, std::size_t size_max) noexcept {
    auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return !text.empty() && text.size() <= size_max && std::none_of(text.begin(), text.end(), is_control);
}

} // namespace rondo::core

#endif // RONDO_CORE_LABEL_HPP
