// SPDX-License-Identifier: BSL-1.0
// The pure core and the manager play the same workload, one from each seed, and must tell the same. See main's
// usage.
#include <traces/compare.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace rondo::traces {
namespace {

constexpr const char* usage =
    "usage: rondo-traces [--seed N] [--from N] [--seeds N] [--no-minimum] [--print]\n"
    "  --seed N      only this seed\n"
    "  --from N      the first seed (1)\n"
    "  --seeds N     so many seeds (200)\n"
    "  --no-minimum  prints a workload that makes a difference as it is\n"
    "  --print       prints each workload and its trace\n";

struct options {
    std::uint64_t from = 1;
    std::uint64_t seeds = 200;
    bool minimum = true;
    bool print = false;
};

// That the comparison can fail: for one side, each body takes a microsecond more.
bool sees_longer_bodies(std::uint64_t seed) {
    workload w = draw_workload(seed);
    workload other = w;
    for (task_plan& p : other.plans) {
        p.body.shortest += std::chrono::microseconds(1);
        p.body.longest += std::chrono::microseconds(1);
    }
    tally unused;
    return compare(w, other, unused).has_value();
}

bool play_seed(std::uint64_t seed, const options& o, tally& sum) {
    workload w = draw_workload(seed);
    if (o.print) print(w);
    auto d = compare(w, sum);
    if (!d) return true;
    if (o.minimum) w = minimised(std::move(w));
    tally unused;
    print(w, *compare(w, unused));
    return false;
}

int run(const options& o) {
    tally sum;
    std::uint64_t differ = 0;
    std::uint64_t n = 0;
    for (; n != o.seeds && differ == 0; ++n)
        if (!play_seed(o.from + n, o, sum)) ++differ;
    // Not in each: there are workloads whose bodies are all told to end, or end at once.
    std::uint64_t seen = 0;
    for (std::uint64_t seed = o.from; seed != o.from + 20; ++seed) seen += sees_longer_bodies(seed) ? 1 : 0;
    bool ok = differ == 0 && seen >= 15;
    fmt::print("traces: {} seeds={} runs={} skipped={} lines={} differ={} longer_bodies_seen={}/20\n",
               ok ? "ok" : "FAILED", n, sum.runs, sum.slots_skipped, sum.lines, differ, seen);
    return ok ? 0 : 1;
}

int parse_and_run(int argc, char** argv) {
    options o;
    for (int i = 1; i < argc; ++i) {
        std::string_view name = argv[i];
        if (name == "--no-minimum" || name == "--print") {
            (name == "--print" ? o.print : o.minimum) = name == "--print";
            continue;
        }
        if (i + 1 == argc) {
            std::fputs(usage, stderr);
            return 2;
        }
        std::uint64_t n = std::strtoull(argv[++i], nullptr, 0);
        if (name == "--seed") {
            o.from = n;
            o.seeds = 1;
        } else if (name == "--from") {
            o.from = n;
        } else if (name == "--seeds") {
            o.seeds = n;
        } else {
            std::fputs(usage, stderr);
            return 2;
        }
    }
    return run(o);
}

} // namespace
} // namespace rondo::traces

int main(int argc, char** argv) {
    return rondo::traces::parse_and_run(argc, argv);
}
