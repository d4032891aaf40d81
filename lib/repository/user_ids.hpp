// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_USER_IDS_HPP
#define RONDO_REPOSITORY_USER_IDS_HPP

#include <rondo/user.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace rondo::repository_detail {

inline constexpr std::size_t user_id_size_max = 1024;

[[nodiscard]] inline bool valid_user_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= user_id_size_max;
}

[[nodiscard]] inline bool all_valid(const std::vector<user>& users) noexcept {
    return std::all_of(users.begin(), users.end(), [](const user& u) { return valid_user_id(u.id()); });
}

} // namespace rondo::repository_detail

#endif // RONDO_REPOSITORY_USER_IDS_HPP
