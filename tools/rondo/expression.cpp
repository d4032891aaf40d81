// SPDX-License-Identifier: BSL-1.0
#include "expression.hpp"

#include "output.hpp"

#include <rondo/detail/cron_parser.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace rondo::command {
namespace {

// The part around a column of it that is shown, byte for byte, so that the caret stands where it should.
std::string with_caret(std::string_view text, int column) {
    constexpr std::size_t before_max = 60, shown_max = 100;
    std::size_t at = static_cast<std::size_t>(column) - 1;
    std::size_t begin = std::min(at > before_max ? at - before_max : 0, text.size());
    std::string part(text.substr(begin, shown_max));
    for (char& c : part)
        if (c < ' ' || c > '~') c = c == '\t' ? ' ' : '?';
    std::string_view cut = begin == 0 ? "" : "...";
    return fmt::format("  {}{}\n  {:>{}}", cut, part, '^', cut.size() + (at - begin) + 1);
}

bool has_hash(const expression& e) {
    auto parsed = detail::parse_cron(e.text, e.dialect, 0);
    return parsed.ok() && parsed.fields.hashed;
}

} // namespace

cron_schedule to_cron(const expression& e) {
    return cron_schedule(e.text, e.dialect).zone(e.zone).gap(e.gap).overlap(e.overlap);
}

std::optional<std::string> complaint_about(const expression& e) {
    cron_schedule c = to_cron(e);
    std::string error = c.error();
    if (error.empty()) return std::nullopt;
    int column = c.error_column();
    return column == 0 || e.text.empty() ? error : error + "\n" + with_caret(e.text, column);
}

schedule to_schedule(const expression& e) {
    if (auto complaint = complaint_about(e)) throw usage_error(*complaint);
    if (e.uid && e.uid->empty()) throw usage_error("--uid: empty");
    schedule s = to_cron(e);
    if (e.uid) return s.for_uid(*e.uid);
    if (has_hash(e)) throw usage_error("H stands for a value drawn from the uid of a task: add --uid");
    return s;
}

std::optional<cron_dialect> dialect_from(std::string_view word) noexcept {
    if (word == "unix") return cron_dialect::unix_;
    if (word == "seconds") return cron_dialect::seconds;
    if (word == "extended") return cron_dialect::extended;
    if (word == "quartz") return cron_dialect::quartz;
    return std::nullopt;
}

} // namespace rondo::command
