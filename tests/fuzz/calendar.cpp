// SPDX-License-Identifier: BSL-1.0
#include <rondo/combine.hpp>

#include "target.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto calendar = rondo::calendar::from_text({reinterpret_cast<const char*>(data), size});
    auto dates = calendar.all_dates();
    if (!std::ranges::is_sorted(dates)) __builtin_trap();
    if (!calendar.problem().empty()) {
        if (calendar.problem().find("line ") == std::string::npos) __builtin_trap();
        return 0;
    }
    if (dates.size() > 50) dates.resize(50); // the walk over all of them is no news, but takes its time
    auto open = rondo::except(rondo::every(std::chrono::hours(6)), calendar);
    for (auto day : dates) {
        rondo::wall_time midnight = day;
        if (midnight <= rondo::wall_time_first) continue;
        auto next = open.next_after(midnight - std::chrono::microseconds(1), rondo::wall_time_first);
        if (next && *next < midnight + std::chrono::days(1)) __builtin_trap();
    }
    return 0;
}
