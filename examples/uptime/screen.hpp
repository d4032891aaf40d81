// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_EXAMPLES_UPTIME_SCREEN_HPP
#define RONDO_EXAMPLES_UPTIME_SCREEN_HPP

#include <chrono>
#include <string>
#include <string_view>

namespace uptime {

/// Standard output: on a terminal a table that is drawn again in place, with all other lines above
/// it; on a pipe or in a file a table every few seconds. What cannot be written throws
/// `std::system_error`. One thread.
class screen {
public:
    screen();

    [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }
    [[nodiscard]] bool has_colours() const noexcept { return colours_; }
    /// Whether it is time for a table.
    [[nodiscard]] bool wants_table() const;
    /// `text` is lines, each with its newline.
    void show_table(const std::string& text);
    /// What was drawn stays; the next lines come below it.
    void keep_table() noexcept { table_lines_ = 0; }
    /// Lines that stay, above the table.
    void say(std::string_view line);
    /// A line of the log: standard error, or above the table where that would spoil it.
    void log(std::string_view line);

private:
    std::string take_table_off();
    std::string draw(const std::string& text);

    bool terminal_;
    bool colours_;
    std::size_t table_lines_ = 0; // on the terminal now, above the cursor
    std::string table_;
    std::chrono::steady_clock::time_point next_;
};

} // namespace uptime

#endif // RONDO_EXAMPLES_UPTIME_SCREEN_HPP
