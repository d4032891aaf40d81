// SPDX-License-Identifier: BSL-1.0

// Measures rondo beside a hand-written Asio loop, in turns, each in a process of its own.

#include <child.hpp>
#include <options.hpp>
#include <report.hpp>
#include <work.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace rondo::bench {
namespace {

/// What is under way, on a terminal only.
class progress {
public:
    explicit progress(std::size_t steps) : steps_(steps), shown_(::isatty(STDERR_FILENO) == 1) {}

    void step(const std::string& what) {
        ++step_;
        if (shown_) fmt::print(stderr, "\r\033[K[{}/{}] {}", step_, steps_, what);
    }
    void clear() {
        if (shown_) fmt::print(stderr, "\r\033[K");
    }

private:
    std::size_t steps_;
    std::size_t step_ = 0;
    bool shown_;
};

std::vector<work> chosen_works(const options& o) {
    extent e = o.how_much();
    std::vector<work> works;
    for (auto list : {idle_works, rate_works, lateness_works, resume_works, steer_works})
        std::ranges::move(list(e), std::back_inserter(works));
#ifdef RONDO_BENCH_SQLITE
    std::ranges::move(recorded_works(e), std::back_inserter(works));
#endif
#ifdef RONDO_BENCH_POSTGRES
    std::ranges::move(postgres_works(e), std::back_inserter(works));
#endif
    std::erase_if(works, [&](const work& w) { return !w.name.starts_with(o.only); });
    return works;
}

// Ours and the loop in turns, so that what disturbs one disturbs the other.
std::vector<line> measure(const work& w, const options& o, progress& shown) {
    auto limit = std::chrono::seconds(120) +
                 std::chrono::ceil<std::chrono::seconds>(2 * o.how_much().window) +
                 std::chrono::seconds(o.how_much().history_runs / 20'000);
    std::vector<values> ours;
    std::vector<values> loop;
    for (int round = 0; round != o.how_often(); ++round) {
        shown.step(w.name + " ours");
        auto mine = in_child(w.ours, limit);
        shown.step(w.name + " loop");
        auto theirs = in_child(w.loop, limit);
        if (!mine || !theirs || mine->size() != w.figures.size() || theirs->size() != w.figures.size())
            return {};
        ours.push_back(std::move(*mine));
        loop.push_back(std::move(*theirs));
    }
    return lines_of(w, ours, loop);
}

int fail(const std::string& why) {
    fmt::print("bench: FAILED {}\n", why);
    return 1;
}

int run(const options& o) {
    std::vector<work> works = chosen_works(o);
    if (works.empty()) return fail("works=0 no work has this name");
    progress shown(2 * works.size() * static_cast<std::size_t>(o.how_often()));
    std::vector<line> all;
    std::size_t failed = 0;
    print_header();
    std::fflush(stdout);
    for (const work& w : works) {
        std::vector<line> lines = measure(w, o, shown);
        shown.clear();
        failed += lines.empty() ? 1 : 0;
        if (lines.empty()) fmt::print("{:<16} did not complete\n", w.name);
        print(lines);
        all.insert(all.end(), lines.begin(), lines.end());
    }
    double early = 0;
    std::size_t over = 0;
    for (const line& l : all) {
        if (l.figure == early_figure) early += l.ours;
        over += l.over() ? 1 : 0;
    }
    bool written = o.json_file.empty() || write_json(o.json_file, all);
    auto summary = fmt::format("works={} early={:.0f}", works.size(), early);
    if (!written) return fail(summary + " cannot write " + o.json_file);
    if (failed > 0 || early > 0 || over > 0)
        return fail(fmt::format("{} incomplete={} over={}", summary, failed, over));
    fmt::print("bench: ok {}\n", summary);
    return 0;
}

} // namespace
} // namespace rondo::bench

int main(int argc, char** argv) {
    std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
    rondo::bench::options o = rondo::bench::parse(arguments.subspan(arguments.empty() ? 0 : 1));
    if (o.help) {
        fmt::print("{}", rondo::bench::usage_text);
        return 0;
    }
    if (!o.error.empty()) {
        fmt::print(stderr, "{}", rondo::bench::usage_text);
        return rondo::bench::fail(o.error);
    }
    return rondo::bench::run(o);
}
