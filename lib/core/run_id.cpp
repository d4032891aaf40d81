// SPDX-License-Identifier: BSL-1.0
#include <rondo/run.hpp>

#include <fmt/format.h>

namespace rondo {
namespace {

std::optional<unsigned> hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

} // namespace

std::string to_string(const run_id& id) {
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", id.high >> 32, (id.high >> 16) & 0xffff,
                       id.high & 0xffff, id.low >> 48, id.low & 0xffff'ffff'ffff);
}

std::optional<run_id> run_id_from(std::string_view text) noexcept {
    if (text.size() != 36) return std::nullopt;
    run_id id;
    for (std::size_t i = 0; i != text.size(); ++i) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        auto digit = hex_digit(text[i]);
        if (!digit) return std::nullopt;
        std::uint64_t& half = i < 18 ? id.high : id.low;
        half = half << 4 | *digit;
    }
    return id;
}

} // namespace rondo
