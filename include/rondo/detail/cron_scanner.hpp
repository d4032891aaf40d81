// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_CRON_SCANNER_HPP
#define RONDO_DETAIL_CRON_SCANNER_HPP

#include <rondo/detail/cron_fields.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace rondo::detail {

constexpr char to_upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) noexcept {
    return to_upper(c) >= 'A' && to_upper(c) <= 'Z';
}

/// Reads one item of a list, which it sees whole, from left to right.
class cron_scanner {
public:
    constexpr cron_scanner(std::string_view text, std::size_t begin, std::size_t end) noexcept
        : text_(text), at_(begin), end_(end) {}

    [[nodiscard]] constexpr bool done() const noexcept { return at_ == end_; }
    [[nodiscard]] constexpr std::size_t at() const noexcept { return at_; }
    [[nodiscard]] constexpr char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < end_ ? to_upper(text_[at_ + ahead]) : '\0';
    }
    constexpr bool take(char c) noexcept {
        if (peek() != c || done()) return false;
        ++at_;
        return true;
    }
    /// Digits; a number beyond all ranges stays beyond.
    [[nodiscard]] constexpr std::optional<int> number() noexcept {
        if (!is_digit(peek())) return std::nullopt;
        int n = 0;
        for (; is_digit(peek()); ++at_) n = n > 99'999 ? n : n * 10 + (peek() - '0');
        return n;
    }
    /// The place in `names`, of three letters each.
    [[nodiscard]] constexpr std::optional<int> name(std::string_view names) noexcept {
        for (std::size_t i = 0; i + 3 <= names.size(); i += 3) {
            if (peek() != names[i] || peek(1) != names[i + 1] || peek(2) != names[i + 2]) continue;
            at_ += 3;
            return static_cast<int>(i / 3);
        }
        return std::nullopt;
    }
    /// How many letters and digits stand from `from` on; at least 1.
    [[nodiscard]] constexpr std::size_t word_length(std::size_t from) const noexcept {
        std::size_t n = from;
        while (n < end_ && (is_letter(text_[n]) || is_digit(text_[n]))) ++n;
        return n == from ? 1 : n - from;
    }

private:
    std::string_view text_;
    std::size_t at_;
    std::size_t end_;
};

} // namespace rondo::detail

#endif // RONDO_DETAIL_CRON_SCANNER_HPP
