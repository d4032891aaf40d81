// SPDX-License-Identifier: BSL-1.0
#include <rondo/cron.hpp>

#include <cron/cron_message.hpp>
#include <cron/cron_rule.hpp>
#include <rondo/detail/cron_parser.hpp>

namespace rondo {

std::string cron_schedule::error() const {
    if (detail::parse_every(text_)) return {};
    return crontab::problem_of({text_, zone_, dialect_, gap_, overlap_});
}

int cron_schedule::error_column() const {
    if (detail::parse_every(text_)) return 0;
    return detail::parse_cron(text_, dialect_, 0).error.column;
}

std::vector<std::string> cron_schedule::warnings() const {
    auto parsed = detail::parse_cron(text_, dialect_, 0);
    return parsed.ok() ? crontab::warnings_of(parsed.fields) : std::vector<std::string>();
}

cron_schedule::operator schedule() const {
    if (auto interval = detail::parse_every(text_)) return every(*interval);
    return schedule(crontab::make_cron_rule({text_, zone_, dialect_, gap_, overlap_}));
}

} // namespace rondo
