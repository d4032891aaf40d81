// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_VERSION_HPP
#define RONDO_VERSION_HPP

namespace rondo {

/// The version of these headers, by semantic versioning.
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

/// The version of the linked library as text, such as "0.1.0". Any thread.
[[nodiscard]] const char* version() noexcept;

} // namespace rondo

#endif // RONDO_VERSION_HPP
