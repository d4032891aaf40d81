// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_REPORT_HPP
#define RONDO_BENCH_REPORT_HPP

#include <work.hpp>

#include <optional>
#include <string>
#include <vector>

namespace rondo::bench {

/// One figure of a work, over all rounds.
struct line {
    std::string work;
    std::string figure;
    double ours = 0;
    double loop = 0;
    std::string unit;
    double ours_max = 0; ///< 0: none

    /// Whether ours is more than it may be, which only says something of a release build.
    [[nodiscard]] bool over() const {
#ifdef NDEBUG
        return ours_max != 0 && ours > ours_max;
#else
        return false;
#endif
    }
    /// `ours` / `loop`; nothing where the loop has 0.
    [[nodiscard]] std::optional<double> ratio() const {
        if (loop == 0) return std::nullopt;
        return ours / loop;
    }
};

/// From one set of values for each round.
[[nodiscard]] std::vector<line> lines_of(const work& w, const std::vector<values>& ours,
                                         const std::vector<values>& loop);

void print_header();
void print(const std::vector<line>& lines);

/// An array of objects. Returns whether all of it was written.
[[nodiscard]] bool write_json(const std::string& file, const std::vector<line>& lines);

} // namespace rondo::bench

#endif // RONDO_BENCH_REPORT_HPP
