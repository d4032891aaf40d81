// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_CRON_LITERAL_HPP
#define RONDO_DETAIL_CRON_LITERAL_HPP

#include <rondo/detail/cron_parser.hpp>
#include <rondo/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rondo::detail {

/// A string literal as an argument of a template.
template <std::size_t Size>
struct literal {
    char text[Size];

    consteval literal(const char (&from)[Size]) noexcept : text{} { std::copy_n(from, Size, text); }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, Size - 1}; }
};

/// "1h30m" and its like: whole numbers with the units d, h, m, s, ms, us, each unit once and in that order.
[[nodiscard]] constexpr std::optional<std::chrono::microseconds>
parse_duration(std::string_view text) noexcept {
    struct unit {
        std::string_view name;
        std::int64_t micros;
    };
    constexpr unit units[] = {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000},
                              {"s", 1'000'000},      {"ms", 1'000},        {"us", 1}};
    constexpr std::int64_t most = std::chrono::microseconds(std::chrono::years(100)).count();
    std::int64_t sum = 0;
    std::size_t next_unit = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        std::int64_t n = 0;
        std::size_t digits = 0;
        for (; digits < text.size() && is_digit(text[digits]); ++digits)
            n = n > most ? n : n * 10 + (text[digits] - '0');
        text.remove_prefix(digits);
        std::size_t letters = 0;
        while (letters < text.size() && is_letter(text[letters])) ++letters;
        auto name = text.substr(0, letters);
        text.remove_prefix(letters);
        auto found =
            std::find_if(units + next_unit, std::end(units), [&](const unit& u) { return u.name == name; });
        if (digits == 0 || found == std::end(units) || n > (most - sum) / found->micros) return std::nullopt;
        sum += n * found->micros;
        next_unit = static_cast<std::size_t>(found - units) + 1;
    }
    if (sum == 0) return std::nullopt;
    return std::chrono::microseconds(sum);
}

/// The interval of `@every …`; none if `text` is not that.
[[nodiscard]] constexpr std::optional<std::chrono::microseconds> parse_every(std::string_view text) noexcept {
    constexpr std::string_view word = "@every ";
    if (!text.starts_with(word)) return std::nullopt;
    return parse_duration(text.substr(word.size()));
}

[[nodiscard]] constexpr bool is_cron(std::string_view text, cron_dialect dialect) noexcept {
    return parse_every(text) || parse_cron(text, dialect, 0).ok();
}

} // namespace rondo::detail

#endif // RONDO_DETAIL_CRON_LITERAL_HPP
