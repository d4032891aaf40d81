// SPDX-License-Identifier: BSL-1.0
// A bug that no example of the corpus meets: a fuzzer that does not find it would find nothing.
#include "target.hpp"

void planted(const rondo::detail::cron_parsed& parsed) {
    const auto& f = parsed.fields;
    if (parsed.ok() && f.near_days != 0 && (f.hours & 1U) == 0) __builtin_trap();
}
