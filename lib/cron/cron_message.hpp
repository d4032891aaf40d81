// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_CRON_MESSAGE_HPP
#define RONDO_CRON_CRON_MESSAGE_HPP

#include <cron/cron_rule.hpp>
#include <rondo/detail/cron_fields.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rondo::crontab {

/// As the manual calls it: "day of week".
[[nodiscard]] std::string_view name_of(detail::cron_field f) noexcept;

/// "field 'day of week', column 9: 8 is out of range 0-7"; empty if there is none.
[[nodiscard]] std::string to_string(const detail::cron_error& e);

/// What is valid but hardly meant, a sentence each.
[[nodiscard]] std::vector<std::string> warnings_of(const detail::cron_fields& f);

/// The canonical text: "cron 30 2 * * *", with what differs from the defaults behind it.
[[nodiscard]] std::string text_of(const cron_spec& spec);

/// ", each 2 weeks from 2025-01-06"; empty if all count.
[[nodiscard]] std::string show_period(const period& p);

/// Without what a terminal or a log could take for an order, and not too long.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace rondo::crontab

#endif // RONDO_CRON_CRON_MESSAGE_HPP
