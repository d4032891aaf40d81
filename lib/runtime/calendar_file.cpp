// SPDX-License-Identifier: BSL-1.0
#include <rondo/calendar.hpp>

#include <fstream>

namespace rondo {

calendar calendar::from_file(const std::string& path) {
    calendar c;
    std::ifstream in(path, std::ios::binary);
    if (!in) return c.fail("cannot open the calendar file " + path), c;
    // One byte more than allowed is enough to see that it is too long.
    constexpr std::size_t read_max = (std::size_t(16) << 20) + 1;
    std::string text(read_max, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad() || (in.fail() && !in.eof())) return c.fail("cannot read the calendar file " + path), c;
    text.resize(static_cast<std::size_t>(in.gcount()));
    c = from_text(text);
    if (!c.problem_.empty()) c.problem_ = path + ": " + c.problem_;
    return c;
}

} // namespace rondo
