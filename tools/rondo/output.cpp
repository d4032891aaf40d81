// SPDX-License-Identifier: BSL-1.0
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace rondo::command {
character decode(std::string_view text) noexcept {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned first = byte(0);
    if (first < 0x80) return {first, 1, true};
    std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > text.size()) return {};
    char32_t code = first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3fU);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
    return {code, size, true};
}

bool is_order(char32_t c) noexcept {
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
    bool direction = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                     (c >= 0x2066 && c <= 0x2069);
    return control || direction;
}

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void complain(std::string_view text) {
    std::fflush(stdout); // or the two would change places where they go the same way
    std::string line = fmt::format("rondo: {}\n", text);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

bool is_writable() {
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

bool flush() {
    bool failed_before = std::ferror(stdout) != 0;
    if (std::fflush(stdout) == 0 && !failed_before) return true;
    complain(fmt::format("cannot write: {}", std::strerror(errno)));
    return false;
}

bool has_colours() {
    const char* no_color = std::getenv("NO_COLOR");
    return (no_color == nullptr || *no_color == '\0') && ::isatty(STDOUT_FILENO) != 0;
}

std::string paint(std::string_view text, std::string_view colour, bool colours) {
    return colours ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
}

std::string shown(std::string_view text, std::size_t size_max) {
    std::string out;
    for (std::size_t n = 0; !text.empty(); ++n) {
        if (n == size_max) return out + "...";
        character c = decode(text);
        out += c.sound && !is_order(c.code) ? text.substr(0, c.size) : "?";
        text.remove_prefix(c.size);
    }
    return out;
}

std::size_t width_of(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

void table::print(bool colours) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    for (std::size_t n = 0; n < rows_.size(); ++n) {
        std::string line;
        for (std::size_t i = 0; i < rows_[n].size(); ++i) {
            const std::string& cell = rows_[n][i];
            line += cell;
            if (i + 1 != rows_[n].size()) line.append(widths[i] - width_of(cell) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        command::print((n == 0 ? paint(line, grey, colours) : line) + "\n");
    }
}

} // namespace rondo::command
