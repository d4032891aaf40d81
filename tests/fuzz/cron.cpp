// SPDX-License-Identifier: BSL-1.0
// The first byte chooses a dialect, the others are an expression.
#include <cron/cron_message.hpp>
#include <cron/describe.hpp>
#include <cron/zoned_times.hpp>
#include <rondo/detail/cron_parser.hpp>

#include "target.hpp"

#include <cstdint>
#include <string_view>

namespace {

using namespace rondo::crontab;

void must(bool holds) {
    if (!holds) __builtin_trap();
}

void check_times(const rondo::detail::cron_fields& fields) {
    static const auto zone = find_zone("Europe/Brussels");
    if (zone == nullptr) return;
    zoned_times times(fields, zone, rondo::gap_rule::run_at_end, rondo::overlap_rule::first);
    must(!describe(times, "Europe/Brussels").empty());
    utc_seconds start = 1'743'210'000; // the night before the clocks change in 2025
    auto t = times.next_after(start);
    must(!times.times().empty() || !t);
    for (int i = 0; t && i != 5; ++i) {
        must(times.previous_before(*t + 1) == t);
        must(times.count(start, *t) == static_cast<std::uint64_t>(i + 1));
        auto next = times.next_after(*t);
        must(!next || *next > *t);
        t = next;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    auto parsed = rondo::detail::parse_cron(text, static_cast<rondo::cron_dialect>(data[0] % 4), 7);
    planted(parsed);
    if (!parsed.ok()) {
        must(parsed.error.column >= 1 && parsed.error.column <= text.size() + 1);
        must(!to_string(parsed.error).empty());
        return 0;
    }
    check_times(parsed.fields);
    return 0;
}
