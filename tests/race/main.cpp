// SPDX-License-Identifier: BSL-1.0
// Operations that race on four threads, in rounds. See main's usage.
#include <race/races.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

namespace rondo::race {
namespace {

constexpr const char* usage =
    "usage: rondo-race [--count N] [--only NAME] [--seed N] [--minutes M]\n"
    "  --count N    runs cancelled while they end, and runs asked for while slots fall due (1,000,000);\n"
    "               a tenth as many tasks are removed meanwhile, and added again, and as many while they "
    "are\n"
    "               steered in every way at the same time\n"
    "  --only NAME  cancel, run-now, remove or steer\n"
    "  --seed N     of the first round (1)\n"
    "  --minutes M  fails if it takes longer (60)\n";

struct options {
    std::uint64_t count = 1'000'000;
    std::uint64_t seed = 1;
    std::uint64_t minutes = 60;
    std::string_view only;
};

struct race {
    std::string_view name;
    void (*play)(std::uint64_t count, std::uint64_t seed, tally& sums);
    std::uint64_t share;     // of the count: one in so many
    std::uint64_t round_max; // what one manager is used for
};

constexpr std::array races{
    race{"cancel", race_cancel, 1, 20'000},
    race{"run-now", race_run_now, 1, 20'000},
    race{"remove", race_remove, 10, 2'000},
    race{"steer", race_steer, 10, 2'000},
};

using clock = std::chrono::steady_clock;

// Returns how many operations there were.
std::uint64_t play(const race& r, const options& o, clock::time_point end, tally& sums) {
    std::uint64_t count = (o.count + r.share - 1) / r.share;
    std::uint64_t played = 0;
    bool shown = ::isatty(STDERR_FILENO) == 1;
    for (std::uint64_t seed = o.seed; played != count && sums.failed == 0; ++seed) {
        if (clock::now() >= end) {
            sums.complain("there is no time left");
            break;
        }
        std::uint64_t n = std::min(r.round_max, count - played);
        r.play(n, seed, sums);
        played += n;
        if (sums.failed != 0) fmt::print("race: in {} with seed {}\n", r.name, seed);
        if (shown) fmt::print(stderr, "\r\033[K{} {} of {}", r.name, played, count);
    }
    if (shown) fmt::print(stderr, "\r\033[K");
    return played;
}

int run(const options& o) {
    auto begin = clock::now();
    tally sums;
    std::uint64_t removed = 0;
    bool known = false;
    for (const race& r : races) {
        if (!o.only.empty() && o.only != r.name) continue;
        known = true;
        std::uint64_t played = play(r, o, begin + std::chrono::minutes(o.minutes), sums);
        if (r.name == "remove" || r.name == "steer") removed += played;
    }
    if (!known) sums.complain("there is no such race");
    sums.check_ids();
    fmt::print("race: {} count={} runs={} cancelled={} timed_out={} abandoned={} retried={} backfilled={} "
               "skipped={} updated={} paused={} removed={} failed={} seconds={:.1f}\n",
               sums.failed == 0 ? "ok" : "FAILED", o.count, sums.runs, sums.cancelled, sums.timed_out,
               sums.abandoned, sums.retried, sums.backfilled, sums.skipped, sums.updated, sums.paused,
               removed, sums.failed, std::chrono::duration<double>(clock::now() - begin).count());
    return sums.failed == 0 ? 0 : 1;
}

std::optional<options> parse(int argc, char** argv) {
    options o;
    for (int i = 1; i < argc; i += 2) {
        std::string_view name = argv[i];
        if (i + 1 == argc) return std::nullopt;
        std::string_view value = argv[i + 1];
        std::uint64_t* number = name == "--count"     ? &o.count
                                : name == "--seed"    ? &o.seed
                                : name == "--minutes" ? &o.minutes
                                                      : nullptr;
        if (number == nullptr && name != "--only") return std::nullopt;
        if (number == nullptr) {
            o.only = value;
            continue;
        }
        auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *number);
        if (error != std::errc() || end != value.data() + value.size() || *number == 0) return std::nullopt;
    }
    return o;
}

} // namespace
} // namespace rondo::race

int main(int argc, char** argv) {
    auto o = rondo::race::parse(argc, argv);
    if (o) return rondo::race::run(*o);
    std::fputs(rondo::race::usage, stderr);
    return 2;
}
