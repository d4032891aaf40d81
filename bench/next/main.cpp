// SPDX-License-Identifier: BSL-1.0
// The cost of one `next`, for each line `expression<TAB>zone<TAB>kind` of standard input: `p50<TAB>p99` in
// nanoseconds, reading the clock included. `next.mjs` does the same with others.
#include <rondo/cron.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

namespace {

constexpr std::size_t calls = 20'000;

// Starts between 2020 and 2040, the same in each language.
std::uint32_t next_random(std::uint32_t& state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

void measure(const rondo::schedule& when, bool told) {
    static std::array<std::int64_t, calls> nanos;
    std::uint32_t state = 2'463'534'242;
    std::int64_t found = 0;
    for (auto& ns : nanos) {
        rondo::wall_time start(std::chrono::seconds(1'577'836'800 + next_random(state) % 631'152'000));
        auto begin = std::chrono::steady_clock::now();
        auto next = when.next_after(start, {});
        ns = std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
        found += next ? 1 : 0;
    }
    if (!told) return;
    std::ranges::sort(nanos);
    std::printf("%lld\t%lld\t%lld\n", static_cast<long long>(nanos[calls / 2]),
                static_cast<long long>(nanos[calls * 99 / 100]), static_cast<long long>(found));
}

} // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        auto first = line.find('\t');
        auto second = line.find('\t', first + 1);
        if (second == std::string::npos) return 2;
        auto cron = rondo::cron_schedule(line.substr(0, first), rondo::cron_dialect::extended);
        rondo::schedule when = cron.zone(line.substr(first + 1, second - first - 1));
        if (!when.valid()) {
            std::puts("-\t-\t-");
            continue;
        }
        measure(when, false); // warms up
        measure(when, true);
    }
}
