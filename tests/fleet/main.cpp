// SPDX-License-Identifier: BSL-1.0
// Several processes with the same tasks on one PostgreSQL, and all that may happen to them.
#include <fleet/checker.hpp>
#include <fleet/faults.hpp>
#include <fleet/node.hpp>

#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace rondo::fleet;

constexpr const char* usage =
    R"(rondo-fleet [--seconds S | --minutes M] [--nodes N] [--tasks N] [--seed N] [--keep]
Starts a PostgreSQL server and N processes with the same tasks on it, does to them what happens to machines, and checks
what is on record, and what the bodies did, when all is quiet.
  --seconds S   how long (30)      --minutes M   likewise
  --nodes N     processes (5)      --tasks N     of each (200), every 200 ms
  --seed N      of the faults (from the clock)
  --least-slots N, --least-faults N   fewer are a failure (0)
  --keep        the log of effects stays, and what is on record of the tasks that something was found of
)";

struct options {
    campaign_options campaign;
    std::uint64_t least_slots = 0;
    std::uint64_t least_faults = 0;
};

std::uint64_t number(const std::string& digits) {
    std::uint64_t n = 0;
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (bad != std::errc() || end != digits.data() + digits.size()) throw std::invalid_argument(digits);
    return n;
}

options read(const std::vector<std::string>& words) {
    options o;
    for (std::size_t i = 0; i != words.size(); ++i) {
        const std::string& w = words[i];
        if (w == "--keep") {
            o.campaign.keep = true;
            continue;
        }
        if (i + 1 == words.size()) throw std::invalid_argument(w);
        const std::uint64_t n = number(words[++i]);
        if (w == "--seconds")
            o.campaign.length = std::chrono::seconds(n);
        else if (w == "--minutes")
            o.campaign.length = std::chrono::minutes(n);
        else if (w == "--nodes")
            o.campaign.nodes = static_cast<int>(n);
        else if (w == "--tasks")
            o.campaign.tasks = static_cast<int>(n);
        else if (w == "--seed")
            o.campaign.seed = n;
        else if (w == "--least-slots")
            o.least_slots = n;
        else if (w == "--least-faults")
            o.least_faults = n;
        else
            throw std::invalid_argument(w);
    }
    return o;
}

int run_campaign(const options& o) {
    std::signal(SIGPIPE, SIG_IGN); // of a node that is off
    const campaign_report r = run(o.campaign);
    const findings& f = r.found;
    for (const std::string& line : f.lines) fmt::print("{}\n", line);
    const bool enough = f.slots >= o.least_slots && r.faults >= o.least_faults;
    fmt::print("fleet: {} slots={} faults={} lost={} doubled={} unexplained={} stuck={} bodies={} asked={} "
               "again={} overlaps={} seed={}{}\n",
               f.none() && enough ? "ok" : "FAILED", f.slots, r.faults, f.lost, f.doubled, f.unexplained,
               f.stuck, f.bodies, f.asked, f.again, f.overlaps, r.seed,
               r.folder.empty() ? "" : " folder=" + r.folder);
    return f.none() && enough ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    try {
        if (!words.empty() && words[0] == "--node")
            return be_a_node(orders_of({words.begin() + 1, words.end()}));
        if (!words.empty() && words[0] == "--help") {
            fmt::print("{}", usage);
            return 0;
        }
        return run_campaign(read(words));
    } catch (const std::invalid_argument& e) {
        fmt::print(stderr, "{}{}\n", usage, e.what());
        return 2;
    } catch (const std::exception& e) {
        fmt::print("fleet: FAILED error={}\n", e.what());
        return 1;
    }
}
