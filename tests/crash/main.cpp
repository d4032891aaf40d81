// SPDX-License-Identifier: BSL-1.0
// A worker process that is killed, over and over, and a look at what it left. See main's usage.
#include <crash/campaign.hpp>
#include <crash/worker.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::crash {
namespace {

constexpr const char* usage =
    "usage: rondo-crash [--kills N] [--power N] [--seed N] [--minutes M] [--tasks N] [--flaw NAME]\n"
    "  --kills N    so often a worker with tasks is killed, and started again (2,000)\n"
    "  --power N    so often, beside, the power is lost: half of them with synchronous=FULL (a tenth of N)\n"
    "  --seed N     of the first database (1); there is another for each 25 kills\n"
    "  --minutes M  stops then; without --kills and --power that is no failure (60)\n"
    "  --tasks N    of each worker (200)\n"
    "  --flaw NAME  with a repository that has it, which must be found\n";

constexpr std::uint64_t kills_of_each = 25;

struct options {
    std::optional<std::uint64_t> kills;
    std::optional<std::uint64_t> power;
    std::uint64_t seed = 1;
    std::uint64_t minutes = 60;
    std::uint64_t tasks = 200;
    std::string flaw;
};

using clock = std::chrono::steady_clock;

struct sums {
    findings found;
    std::uint64_t kills = 0;
    std::uint64_t in_writes = 0;
    std::uint64_t cuts = 0;
};

campaign draw(std::uint64_t seed, const options& o) {
    campaign c;
    c.seed = seed;
    c.tasks = o.tasks;
    c.flaw = o.flaw;
    c.old_file = seed % 2 == 0;
    c.shifts = seed % 3 == 0;
    c.normal = seed % 4 == 3;
    return c;
}

void add(const campaign& c, const campaign_report& r, sums& all) {
    all.found.add(r.found);
    (c.power ? all.cuts : all.kills) += r.kills;
    all.in_writes += c.power ? 0 : r.in_writes;
    if (!r.found.ok()) fmt::print("crash: with seed {}{}\n", c.seed, c.power ? ", power lost" : "");
}

/// Kills, or losses of power, `count` of them. False: there was no time.
bool play_all(std::uint64_t count, bool power, const options& o, clock::time_point end, sums& all) {
    const bool shown = ::isatty(STDERR_FILENO) == 1;
    std::uint64_t done = 0;
    for (std::uint64_t seed = o.seed; done != count && all.found.ok(); ++seed) {
        if (clock::now() >= end) return false;
        campaign c = draw(seed, o);
        c.kills = std::min(kills_of_each, count - done);
        c.power = power;
        if (power) { // how long a life is counts in changes of the disk
            c.shifts = false;
            c.normal = seed % 2 == 1;
            c.tasks = std::min<std::size_t>(c.tasks, 60);
        }
        add(c, play(c), all);
        done += c.kills;
        if (shown)
            fmt::print(stderr, "\r\033[K{} {} of {}", power ? "losses of power" : "kills", done, count);
    }
    if (shown) fmt::print(stderr, "\r\033[K");
    return true;
}

int run(const options& o) {
    const auto begin = clock::now();
    const auto end = begin + std::chrono::minutes(o.minutes);
    sums all;
    const bool by_time = !o.kills && !o.power;
    const std::uint64_t kills = o.kills.value_or(by_time ? 2000 : 0);
    const bool whole = play_all(kills, false, o, end, all) &&
                       play_all(o.power.value_or(o.kills || by_time ? kills / 10 : 0), true, o, end, all);
    if (!whole && !by_time) all.found.complain(all.found.unexplained, "there is no time left");
    const findings& f = all.found;
    const std::size_t shown = std::min<std::size_t>(f.complaints.size(), 20);
    for (std::size_t i = 0; i != shown; ++i) fmt::print("crash: {}\n", f.complaints[i]);
    if (shown < f.complaints.size()) fmt::print("crash: and {} more\n", f.complaints.size() - shown);
    fmt::print(
        "crash: {} kills={} slots={} abandoned={} lost={} doubled={} shifted={} unexplained={} runs={} "
        "retries={} kills_in_writes={} power_cuts={} tail={} seconds={:.1f}\n",
        f.ok() ? "ok" : "FAILED", all.kills, f.slots, f.abandoned, f.lost, f.doubled, f.shifted,
        f.unexplained, f.runs, f.attempts, all.in_writes, all.cuts, f.tail,
        std::chrono::duration<double>(clock::now() - begin).count());
    return f.ok() ? 0 : 1;
}

std::optional<options> parse(const std::vector<std::string>& arguments) {
    options o;
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        if (i + 1 == arguments.size()) return std::nullopt;
        const std::string& name = arguments[i];
        const std::string& value = arguments[i + 1];
        if (name == "--flaw") {
            o.flaw = value;
            continue;
        }
        std::uint64_t number = 0;
        const auto r = std::from_chars(value.data(), value.data() + value.size(), number);
        if (r.ec != std::errc() || r.ptr != value.data() + value.size()) return std::nullopt;
        if (name == "--kills")
            o.kills = number;
        else if (name == "--power")
            o.power = number;
        else if (name == "--seed")
            o.seed = number;
        else if (name == "--minutes")
            o.minutes = number;
        else if (name == "--tasks" && number > 0)
            o.tasks = number;
        else
            return std::nullopt;
    }
    return o;
}

} // namespace
} // namespace rondo::crash

int main(int argc, char** argv) {
    using namespace rondo::crash;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (std::string_view(argv[0]) == "worker") {
        const auto orders = orders_from(arguments);
        return orders ? work(*orders) : worker_failed;
    }
    const auto o = parse(arguments);
    if (o) return run(*o);
    std::fputs(usage, stderr);
    return 2;
}
