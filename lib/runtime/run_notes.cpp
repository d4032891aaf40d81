// SPDX-License-Identifier: BSL-1.0
#include <runtime/run_notes.hpp>

#include <algorithm>
#include <utility>

namespace rondo::runtime {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD
constexpr std::string_view ellipsis = "\xe2\x80\xa6";

/// The size of the character that `text`, which is not empty, begins with; 0 if it is none, or a control character.
std::size_t sound_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return first == '\t' || (first >= 0x20 && first != 0x7f) ? 1 : 0;
    if (first < 0xc2 || first > 0xf4) return 0;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (size > text.size()) return 0;
    for (std::size_t i = 1; i != size; ++i)
        if ((byte(i) & 0xc0U) != 0x80) return 0;
    const unsigned second = byte(1);
    const bool control = first == 0xc2 && second < 0xa0;
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool surrogate = first == 0xed && second >= 0xa0;
    const bool too_great = first == 0xf4 && second >= 0x90;
    return control || overlong || surrogate || too_great ? 0 : size;
}

} // namespace

std::string harmless(std::string_view text, std::size_t size_max) {
    std::string out;
    std::size_t whole = 0; // so much of it leaves room for an ellipsis
    while (!text.empty()) {
        const std::size_t size = sound_size(text);
        const std::string_view next = size == 0 ? replacement : text.substr(0, size);
        if (out.size() + next.size() > size_max) {
            out.resize(whole);
            return out += ellipsis;
        }
        out += next;
        if (out.size() + ellipsis.size() <= size_max) whole = out.size();
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

void run_notes::progress(double share, std::string_view text, wall_time at) {
    progress_ = run_progress{std::clamp(share, 0.0, 1.0), harmless(text, progress_text_size_max), at};
}

void run_notes::log(std::string_view text, wall_time at) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    // Of a huge text the last lines alone are looked at: the others would have to go anyway.
    std::size_t begin = text.size();
    for (std::size_t n = 0; n != run_lines_max && begin != text.npos; ++n)
        begin = begin == 0 ? text.npos : text.rfind('\n', begin - 1);
    if (begin != text.npos) {
        dropped_ += static_cast<std::uint64_t>(std::ranges::count(text.substr(0, begin), '\n')) + 1;
        text.remove_prefix(begin + 1);
    }
    for (;;) {
        const std::size_t end = text.find('\n');
        add(text.substr(0, end), at);
        if (end == text.npos) return;
        text.remove_prefix(end + 1);
    }
}

void run_notes::add(std::string_view line, wall_time at) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines_.push_back({at, harmless(line, run_line_size_max)});
    lines_size_ += lines_.back().text.size();
    while (lines_.size() > run_lines_max || lines_size_ > run_lines_size_max) {
        lines_size_ -= lines_.front().text.size();
        lines_.pop_front();
        ++dropped_;
    }
}

run_output run_notes::copy() const {
    return {progress_, {lines_.begin(), lines_.end()}, dropped_};
}

} // namespace rondo::runtime
