// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_FORMAT_HPP
#define RONDO_FORMAT_HPP

#include <rondo/event.hpp>
#include <rondo/run.hpp>
#include <rondo/schedule.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/time.hpp>
#include <rondo/words.hpp>

#include <fmt/format.h>

#include <concepts>
#include <string_view>
#include <type_traits>

namespace rondo::detail {

/// The enumerations of rondo, all of which have a word for each value.
template <class T>
concept word = std::is_enum_v<T> && requires(T value) {
    { rondo::to_string(value) } -> std::same_as<std::string_view>;
};

} // namespace rondo::detail

/// With these, `fmt::print("{} {}", stat.uid, stat.status)` works, with string format specifiers.
template <rondo::detail::word T>
struct fmt::formatter<T> : fmt::formatter<std::string_view> {
    auto format(T value, fmt::format_context& ctx) const {
        return fmt::formatter<std::string_view>::format(rondo::to_string(value), ctx);
    }
};

template <>
struct fmt::formatter<rondo::shared_string> : fmt::formatter<std::string_view> {
    auto format(const rondo::shared_string& value, fmt::format_context& ctx) const {
        return fmt::formatter<std::string_view>::format(value.view(), ctx);
    }
};

template <>
struct fmt::formatter<rondo::moment> : fmt::formatter<std::string_view> {
    auto format(const rondo::moment& value, fmt::format_context& ctx) const {
        return fmt::formatter<std::string_view>::format(rondo::to_string(value), ctx);
    }
};

template <>
struct fmt::formatter<rondo::run_id> : fmt::formatter<std::string_view> {
    auto format(const rondo::run_id& value, fmt::format_context& ctx) const {
        return fmt::formatter<std::string_view>::format(rondo::to_string(value), ctx);
    }
};

template <>
struct fmt::formatter<rondo::schedule> : fmt::formatter<std::string_view> {
    auto format(const rondo::schedule& value, fmt::format_context& ctx) const {
        return fmt::formatter<std::string_view>::format(value.text(), ctx);
    }
};

#endif // RONDO_FORMAT_HPP
