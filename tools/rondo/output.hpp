// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_OUTPUT_HPP
#define RONDO_TOOLS_RONDO_OUTPUT_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::command {

void print(std::string_view text);
/// `rondo: …` on stderr.
void complain(std::string_view text);
/// Whether all could be written until now.
[[nodiscard]] bool is_writable();
/// Says so on stderr if not all could be written.
[[nodiscard]] bool flush();

/// Whether stdout may be coloured: a terminal, and no NO_COLOR.
[[nodiscard]] bool has_colours();
[[nodiscard]] std::string paint(std::string_view text, std::string_view colour, bool colours);

inline constexpr std::string_view green = "32", red = "31", yellow = "33", grey = "2";

/// A character of UTF-8; of a byte that belongs to none, that byte.
struct character {
    char32_t code = 0;
    std::size_t size = 1;
    bool sound = false;
};
/// The first of `text`, which is not empty.
[[nodiscard]] character decode(std::string_view text) noexcept;
/// Controls, and marks that turn the direction of writing.
[[nodiscard]] bool is_order(char32_t c) noexcept;

/// One line of UTF-8 that no terminal takes for an order: controls, marks that turn the direction of
/// writing, and broken sequences become '?'. At most `size_max` characters.
[[nodiscard]] std::string shown(std::string_view text, std::size_t size_max = 200);

/// In characters, of what `shown` gave.
[[nodiscard]] std::size_t width_of(std::string_view text) noexcept;

/// Rows under a head, each column as wide as it needs to be.
class table {
public:
    explicit table(std::vector<std::string> head) : rows_{std::move(head)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] bool empty() const noexcept { return rows_.size() == 1; }
    /// Only the last column may hold colours.
    void print(bool colours) const;

private:
    std::vector<std::vector<std::string>> rows_;
};

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_OUTPUT_HPP
