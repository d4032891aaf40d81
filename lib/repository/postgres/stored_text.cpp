// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/stored_text.hpp>

#include <cstddef>

namespace rondo::postgres::detail {
namespace {

bool is_in(unsigned char c, unsigned char first, unsigned char last) noexcept {
    return first <= c && c <= last;
}

/// How many bytes the character at the front takes; 0: it is not UTF-8 (RFC 3629), or NUL.
std::size_t character_size(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
    };
    const auto follows = [&](std::size_t i) { return is_in(at(i), 0x80, 0xbf); };
    const unsigned char first = at(0);
    if (first < 0x80) return first == 0 ? 0 : 1;
    if (is_in(first, 0xc2, 0xdf)) return follows(1) ? 2 : 0;
    if (is_in(first, 0xe0, 0xef)) {
        const unsigned char least = first == 0xe0 ? 0xa0 : 0x80; // not what fits into two
        const unsigned char most = first == 0xed ? 0x9f : 0xbf;  // no surrogates
        return is_in(at(1), least, most) && follows(2) ? 3 : 0;
    }
    if (is_in(first, 0xf0, 0xf4)) {
        const unsigned char least = first == 0xf0 ? 0x90 : 0x80;
        const unsigned char most = first == 0xf4 ? 0x8f : 0xbf; // U+10FFFF
        return is_in(at(1), least, most) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

bool is_octal(char c) noexcept {
    return c >= '0' && c <= '7';
}

} // namespace

std::string to_stored(std::string_view text) {
    std::string stored;
    stored.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        if (size == 0) {
            const auto byte = static_cast<unsigned char>(text.front());
            stored += '\\';
            for (const int shift : {6, 3, 0}) stored += static_cast<char>('0' + ((byte >> shift) & 7));
        } else {
            if (text.front() == '\\') stored += '\\';
            stored += text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return stored;
}

std::optional<std::string> from_stored(std::string_view stored) {
    std::string text;
    text.reserve(stored.size());
    while (!stored.empty()) {
        if (stored.front() != '\\') {
            text += stored.front();
            stored.remove_prefix(1);
        } else if (stored.size() >= 2 && stored[1] == '\\') {
            text += '\\';
            stored.remove_prefix(2);
        } else {
            if (stored.size() < 4 || stored[1] > '3' || !is_octal(stored[1]) || !is_octal(stored[2]) ||
                !is_octal(stored[3]))
                return std::nullopt;
            text += static_cast<char>((stored[1] - '0') * 64 + (stored[2] - '0') * 8 + (stored[3] - '0'));
            stored.remove_prefix(4);
        }
    }
    return text;
}

} // namespace rondo::postgres::detail
