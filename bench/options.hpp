// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_OPTIONS_HPP
#define RONDO_BENCH_OPTIONS_HPP

#include <work.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace rondo::bench {

struct options {
    bool help = false;
    bool quick = false;
    std::string json_file;     ///< empty: none
    std::string only;          ///< works whose name begins with this
    double seconds = 0;        ///< 0: the default
    int rounds = 0;            ///< 0: the default
    std::uint64_t history = 0; ///< 0: the default
    std::string error;         ///< what is wrong with the arguments; empty: nothing

    [[nodiscard]] extent how_much() const;
    [[nodiscard]] int how_often() const { return rounds > 0 ? rounds : quick ? 1 : 3; }
};

[[nodiscard]] options parse(std::span<const char* const> arguments);

inline constexpr const char* usage_text =
    "rondo-bench [--quick] [--only NAME] [--seconds S] [--rounds N] [--json FILE]\n"
    "Measures rondo beside a hand-written Asio loop: one coroutine and one timer for each task. Works whose "
    "name ends with\n"
    "-callbacks, -kernel or -uv have something else in its place: a chain of callbacks on Asio, a bare "
    "timerfd in an epoll,\n"
    "timers of libuv.\n"
    "  --quick      short windows, one round, no million of tasks: whether it works, not how well\n"
    "  --only NAME  works whose name begins with NAME\n"
    "  --seconds S  length of a window (2)\n"
    "  --rounds N   how often each is measured; the median is shown (3)\n"
    "  --history N  runs in the long history (1000000)\n"
    "  --json FILE  writes the figures there too\n";

} // namespace rondo::bench

#endif // RONDO_BENCH_OPTIONS_HPP
