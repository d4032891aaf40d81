// SPDX-License-Identifier: BSL-1.0
#include <traces/compare.hpp>
#include <traces/player.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rondo::traces {
namespace {

bool differs(const workload& w) {
    tally unused;
    return compare(w, unused).has_value();
}

// Without the operations from `first` on, `n` of them.
workload without(const workload& w, std::size_t first, std::size_t n) {
    workload less = w;
    auto begin = less.operations.begin() + static_cast<std::ptrdiff_t>(first);
    less.operations.erase(begin,
                          begin + static_cast<std::ptrdiff_t>(std::min(n, less.operations.size() - first)));
    return less;
}

void print_around(std::string_view name, const std::vector<std::string>& lines, std::size_t at) {
    constexpr std::size_t before = 12;
    constexpr std::size_t after = 3;
    fmt::print("{}:\n", name);
    for (std::size_t i = at > before ? at - before : 0; i < std::min(lines.size(), at + after); ++i)
        fmt::print("{} {}\n", i == at ? ">" : " ", lines[i]);
    if (at >= lines.size()) fmt::print("> (the end)\n");
}

void print_story(const workload& w) {
    fmt::print("seed {}: resolution={}ns runs_in_flight_max={} runs_waiting_max={} cancel_grace={}ns\n",
               w.seed, w.resolution.count(), w.runs_in_flight_max, w.runs_waiting_max,
               w.cancel_grace.count());
    for (std::size_t i = 0; i != w.plans.size(); ++i) {
        bool used = std::ranges::any_of(w.operations, [&](const operation& o) { return o.plan == i; });
        if (used) fmt::print("plan {}: {}\n", i, to_string(w.plans[i]));
    }
    for (std::size_t i = 0; i != w.operations.size(); ++i)
        fmt::print("operation {}: {}\n", i, to_string(w.operations[i]));
}

} // namespace

std::optional<difference> compare(const workload& core, const workload& shell, tally& sum) {
    trace of_core = play_core(core);
    trace of_shell = play_shell(shell);
    difference d{0, of_core.lines(), of_shell.lines()};
    sum.runs += of_core.runs();
    sum.slots_skipped += of_core.slots_skipped();
    sum.lines += d.core.size();
    if (d.core == d.shell) return std::nullopt;
    while (d.line < std::min(d.core.size(), d.shell.size()) && d.core[d.line] == d.shell[d.line]) ++d.line;
    return d;
}

std::optional<difference> compare(const workload& w, tally& sum) {
    return compare(w, w, sum);
}

// In ever smaller pieces, as long as that gets anywhere.
workload minimised(workload w) {
    for (std::size_t n = std::max<std::size_t>(w.operations.size() / 2, 1);;) {
        bool smaller = false;
        for (std::size_t first = 0; first < w.operations.size();) {
            workload less = without(w, first, n);
            if (differs(less)) {
                w = std::move(less);
                smaller = true;
            } else {
                first += n;
            }
        }
        if (n == 1 && !smaller) return w;
        if (n > 1) n /= 2;
    }
}

void print(const workload& w, const difference& d) {
    print_story(w);
    print_around("core", d.core, d.line);
    print_around("shell", d.shell, d.line);
}

void print(const workload& w) {
    print_story(w);
    for (const std::string& line : play_core(w).lines()) fmt::print("{}\n", line);
}

} // namespace rondo::traces
