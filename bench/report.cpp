// SPDX-License-Identifier: BSL-1.0
#include <report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace rondo::bench {
namespace {

double median(std::vector<double> v) {
    std::ranges::sort(v);
    std::size_t half = v.size() / 2;
    return v.size() % 2 == 1 ? v[half] : (v[half - 1] + v[half]) / 2;
}

double combined(const std::vector<values>& rounds, std::size_t i, figure::over_rounds how) {
    std::vector<double> v;
    for (const values& round : rounds) v.push_back(round.at(i));
    return how == figure::over_rounds::max ? std::ranges::max(v) : median(std::move(v));
}

// Enough digits for its size, and no more.
std::string text_of(double v) {
    return fmt::format("{:.{}f}", v, v != 0 && v < 10 ? 2 : v < 100 ? 1 : 0);
}

} // namespace

std::vector<line> lines_of(const work& w, const std::vector<values>& ours, const std::vector<values>& loop) {
    std::vector<line> lines;
    for (std::size_t i = 0; i != w.figures.size(); ++i) {
        const figure& f = w.figures[i];
        lines.push_back(
            {w.name, f.name, combined(ours, i, f.combine), combined(loop, i, f.combine), f.unit, f.ours_max});
    }
    return lines;
}

void print_header() {
    fmt::print("{:<16} {:<24} {:>12} {:>12} {:>8}  {}\n", "work", "figure", "ours", "loop", "ratio", "unit");
}

void print(const std::vector<line>& lines) {
    for (const line& l : lines) {
        auto ratio = l.ratio();
        fmt::print("{:<16} {:<24} {:>12} {:>12} {:>8}  {}\n", l.work, l.figure, text_of(l.ours),
                   text_of(l.loop), ratio ? fmt::format("{:.3f}", *ratio) : "-", l.unit);
    }
    std::fflush(stdout);
}

bool write_json(const std::string& file, const std::vector<line>& lines) {
    std::ofstream out(file);
    const char* separator = "[\n";
    for (const line& l : lines) {
        auto ratio = l.ratio();
        out << separator
            << fmt::format(R"(  {{"work": "{}", "figure": "{}", "ours": {:.6g}, "loop": {:.6g}, )", l.work,
                           l.figure, l.ours, l.loop)
            << fmt::format(R"("ratio": {}, "unit": "{}"}})", ratio ? fmt::format("{:.4g}", *ratio) : "null",
                           l.unit);
        separator = ",\n";
    }
    out << (lines.empty() ? "[]\n" : "\n]\n");
    out.close();
    return out.good();
}

} // namespace rondo::bench
