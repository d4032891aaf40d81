// SPDX-License-Identifier: BSL-1.0
// The core in made-up worlds with faults, one from each seed. See main's usage.
#include <simulation/play.hpp>
#include <simulation/small_worlds.hpp>

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

namespace rondo::simulation {
namespace {

constexpr const char* usage =
    "usage: rondo-simulate [--seed N] [--from N] [--seeds N] [--slots N] [--minutes M] [--depth N]\n"
    "                      [--violations N] [--memory-fails N]\n"
    "  --seed N     only this seed, played twice\n"
    "  --from N     the first seed (1)\n"
    "  --seeds N    so many seeds\n"
    "  --slots N    until so many slots are decided (5,000,000)\n"
    "  --minutes M  or for so long\n"
    "  --depth N    all stories of N events in small worlds, too\n"
    "  --violations N  and go on until so many seeds have failed (1)\n"
    "  --memory-fails N  an allocation fails in about one of N inputs to the core\n";

struct options {
    std::uint64_t from = 1;
    std::uint64_t seeds = 0;
    std::uint64_t slots = 0;
    double minutes = 0;
    int depth = 0;
    std::uint64_t violations = 1;
    std::int64_t memory_fails = 0;
};

struct sums {
    tally all;
    std::uint64_t seeds = 0;
    std::uint64_t violations = 0;
};

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point begin) {
    return std::chrono::duration<double>(clock::now() - begin).count();
}

// Invariant 10: the same seed once more, to the same actions.
void check_determinism(const swarm& s, const std::vector<event>& script, findings& out) {
    findings again;
    play(s, script, again);
    if (!out.failed() && again.trace != out.trace)
        out.report("determinism", findings::no_task, "the same seed gives other actions");
}

// An assertion of the core ends the process, so who reads about it must at least learn the seed.
std::uint64_t seed_in_play = 0;

extern "C" void on_abort(int) {
    fmt::print("seed {}: assertion: see the line above\n", seed_in_play);
    fmt::print("simulate: FAILED seed={} violations=1\n", seed_in_play);
    std::fflush(stdout);
    std::_Exit(1);
}

bool play_seed(std::uint64_t seed, const options& o, bool twice, sums& total) {
    seed_in_play = seed;
    swarm s = swarm_of(seed);
    s.memory_fails = o.memory_fails;
    std::vector<event> script = script_of(s);
    findings out;
    total.all += play(s, script, out);
    if (twice) check_determinism(s, script, out);
    ++total.seeds;
    if (!out.failed()) return true;
    ++total.violations;
    print_failure(s, script, out);
    return false;
}

void report(const sums& total, double seconds) {
    std::uint64_t faults = 0;
    fmt::print("faults:");
    for (std::size_t i = 0; i != tally::fault_names.size(); ++i) {
        faults += total.all.faults[i];
        fmt::print(" {}={}", tally::fault_names[i], total.all.faults[i]);
    }
    fmt::print("\nbackfills={} slots_of_backfills={}\n", total.all.backfills, total.all.filled);
    double core_seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    fmt::print("simulate: {} seeds={} slots={} decisions={} inputs={} faults={} violations={} "
               "slots_per_core_second={:.0f} decisions_per_core_second={:.0f} seconds={:.1f}\n",
               total.violations == 0 ? "ok" : "FAILED", total.seeds, total.all.slots, total.all.decisions,
               total.all.inputs, faults, total.violations,
               static_cast<double>(total.all.slots) / core_seconds,
               static_cast<double>(total.all.decisions) / core_seconds, seconds);
}

int run(const options& o) {
    auto begin = clock::now();
    sums total;
    if (o.depth > 0) total.violations += play_small_worlds(o.depth, total.all);
    std::uint64_t slots = o.slots;
    if (slots == 0 && o.seeds == 0 && o.minutes == 0) slots = 5'000'000;
    for (std::uint64_t n = 0; total.violations < o.violations; ++n) {
        if (o.seeds != 0 && n == o.seeds) break;
        if (slots != 0 && total.all.slots >= slots) break;
        if (o.minutes > 0 && seconds_since(begin) >= o.minutes * 60) break;
        play_seed(o.from + n, o, o.seeds == 1 || n % 8 == 0, total);
    }
    if (o.memory_fails > 0 && total.all.faults[static_cast<std::size_t>(fault_kind::memory)] == 0) {
        fmt::print("no allocation failed, so nothing is known of that\n");
        ++total.violations;
    }
    report(total, seconds_since(begin));
    return total.violations == 0 ? 0 : 1;
}

int parse_and_run(int argc, char** argv) {
    std::signal(SIGABRT, on_abort);
    options o;
    for (int i = 1; i < argc; ++i) {
        std::string_view name = argv[i];
        if (i + 1 == argc) {
            std::fputs(usage, stderr);
            return 2;
        }
        const char* value = argv[++i];
        std::uint64_t n = std::strtoull(value, nullptr, 0);
        if (name == "--seed") {
            o.from = n;
            o.seeds = 1;
        } else if (name == "--from") {
            o.from = n;
        } else if (name == "--seeds") {
            o.seeds = n;
        } else if (name == "--slots") {
            o.slots = n;
        } else if (name == "--minutes") {
            o.minutes = std::strtod(value, nullptr);
        } else if (name == "--memory-fails") {
            o.memory_fails = static_cast<std::int64_t>(n);
        } else if (name == "--depth") {
            o.depth = static_cast<int>(n);
        } else if (name == "--violations") {
            o.violations = n;
        } else {
            std::fputs(usage, stderr);
            return 2;
        }
    }
    return run(o);
}

} // namespace
} // namespace rondo::simulation

int main(int argc, char** argv) {
    return rondo::simulation::parse_and_run(argc, argv);
}
