// SPDX-License-Identifier: BSL-1.0
#include "screen.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace uptime {
namespace {

using namespace std::chrono_literals;

constexpr auto table_each_on_terminal = 1s;
constexpr auto table_each_in_pipe = 5s;
constexpr auto first_table = 1s;

bool is_dumb() {
    const char* term = std::getenv("TERM");
    return term == nullptr || std::string_view(term) == "dumb";
}

void put(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
}

} // namespace

screen::screen()
    : terminal_(::isatty(STDOUT_FILENO) != 0 && !is_dumb()),
      colours_(terminal_ && std::getenv("NO_COLOR") == nullptr),
      next_(std::chrono::steady_clock::now() + first_table) {}

bool screen::wants_table() const {
    return std::chrono::steady_clock::now() >= next_;
}

/// The escape sequences that do it.
std::string screen::take_table_off() {
    if (table_lines_ == 0) return {};
    return fmt::format("\x1b[{}A\x1b[J", std::exchange(table_lines_, 0));
}

void screen::show_table(const std::string& text) {
    next_ = std::chrono::steady_clock::now() + (terminal_ ? table_each_on_terminal : table_each_in_pipe);
    if (!terminal_) return put(text + "\n");
    put(take_table_off() + draw(text));
}

/// The text and escape sequences that do it. Without wrapping a line is one line, however narrow the
/// terminal.
std::string screen::draw(const std::string& text) {
    table_lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    table_ = text;
    return "\x1b[?7l" + text + "\x1b[?7h";
}

void screen::say(std::string_view line) {
    const bool table = table_lines_ != 0;
    std::string text = take_table_off() + std::string(line) + "\n";
    if (table) text += draw(std::string(table_));
    put(text);
}

void screen::log(std::string_view line) {
    if (terminal_)
        say(line);
    else
        fmt::print(stderr, "{}\n", line);
}

} // namespace uptime
