// SPDX-License-Identifier: BSL-1.0
#include "encode.hpp"

#include "output.hpp"

#include <fmt/format.h>

namespace rondo::command {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD

void add_json(std::string& out, const character& c, std::string_view bytes) {
    switch (c.code) {
    case U'"': out += "\\\""; return;
    case U'\\': out += "\\\\"; return;
    case U'\n': out += "\\n"; return;
    case U'\r': out += "\\r"; return;
    case U'\t': out += "\\t"; return;
    default: break;
    }
    // All of these are in the basic plane: one escape is enough.
    if (is_order(c.code))
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c.code));
    else
        out += bytes;
}

} // namespace

std::string csv_field(std::string_view text) {
    std::string out;
    bool quoted = false;
    while (!text.empty()) {
        const character c = decode(text);
        const bool sound = c.sound && c.code != 0;
        quoted = quoted || (sound && (c.code == U'"' || c.code == U',' || c.code < 0x20));
        if (sound && c.code == U'"') out += '"';
        out += sound ? text.substr(0, c.size) : replacement;
        text.remove_prefix(c.size);
    }
    return quoted ? '"' + out + '"' : out;
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const character c = decode(text);
        if (c.sound)
            add_json(out, c, text.substr(0, c.size));
        else
            out += replacement;
        text.remove_prefix(c.size);
    }
    return out + '"';
}

} // namespace rondo::command
