// SPDX-License-Identifier: BSL-1.0
#include <cron/cron_message.hpp>
#include <cron/zoned_times.hpp>
#include <rondo/detail/cron_parser.hpp>
#include <rondo/time.hpp>

#include <fmt/format.h>

#include "model.hpp"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

// usage: oracle [--cases N] [--seed S] [--case I] [--self-check]
//
// Compares lib/cron with a model that walks through time, case after case. With `--case` that one alone;
// with `--self-check` each planted error of the model must be found.

namespace rondo::oracle {
namespace {

constexpr std::int64_t day = 86'400;

const std::vector<place>& places() {
    static const std::vector<place> all = [] {
        std::vector<place> loaded;
        for (auto name : {"UTC",
                          "Europe/Brussels",
                          "America/New_York",
                          "America/Sao_Paulo",
                          "Asia/Kolkata",
                          "Australia/Lord_Howe",
                          "Pacific/Apia",
                          "Africa/Casablanca",
                          "Asia/Tehran",
                          "America/St_Johns",
                          "Asia/Kathmandu",
                          "Antarctica/Troll",
                          "Europe/Dublin",
                          "America/Havana",
                          "America/Caracas",
                          "Asia/Pyongyang",
                          "Pacific/Chatham",
                          "Africa/Cairo",
                          "America/Santiago",
                          "Asia/Gaza",
                          "Pacific/Kwajalein",
                          "America/Scoresbysund",
                          "Europe/Lisbon",
                          "Antarctica/Casey"})
            loaded.emplace_back(name);
        return loaded;
    }();
    return all;
}

std::string show(std::optional<std::int64_t> t) {
    return t ? rondo::to_string(wall_time(std::chrono::seconds(*t)), 0) : "none";
}

struct totals {
    std::uint64_t cases = 0;
    std::uint64_t compared = 0; // next instants that both found
    std::uint64_t beyond = 0;   // where the model found none within its horizon
    std::uint64_t differ = 0;
    std::string first;
    std::uint64_t first_number = 0;
};

// All of a case, drawn from its number.
struct random_case {
    random_case(std::uint64_t seed, std::uint64_t number)
        : d(seed, number), where(places()[std::size_t(d.pick(0, std::int64_t(places().size()) - 1))]) {
        int hour = 2;
        bool near_change = !where.changes().empty() && d.chance(60);
        if (near_change) {
            auto at = where.changes()[std::size_t(d.pick(0, std::int64_t(where.changes().size()) - 1))].at;
            start = at + (d.chance(70) ? d.pick(-5 * 3'600, 4 * 3'600) : d.pick(-2 * day, day));
            hour = static_cast<int>(where.local(at) / 3'600 % 24);
        } else {
            start = d.pick(place::first + 2 * day, place::last - 10 * 366 * day);
        }
        if (d.chance(40)) start -= start % 60;
        if (d.chance(10)) --start;
        int size = d.pick_int(1, 100);
        horizon = start + day * (size <= 30 ? 3 : size <= 70 ? 40 : size <= 97 ? 400 : 3'660);
        horizon = std::min(horizon, place::last - 2 * day);
        gap = d.chance(60) ? gap_rule::run_at_end : static_cast<gap_rule>(d.pick_int(0, 2));
        overlap = d.chance(60) ? overlap_rule::first : static_cast<overlap_rule>(d.pick_int(0, 2));
        auto year = static_cast<int>(1970 + start / (365 * day + day / 4));
        meant = random_expression(d, year, hour);
        text = text_of(meant, d);
    }

    [[nodiscard]] std::string show_all() const {
        return fmt::format("'{}' dialect {} gap rule {} overlap rule {} in {} from {}", text,
                           int(meant.dialect), int(gap), int(overlap), where.name(), show(start));
    }

    dice d;
    const place& where;
    std::int64_t start = 0;
    std::int64_t horizon = 0;
    gap_rule gap = gap_rule::run_at_end;
    overlap_rule overlap = overlap_rule::first;
    expression meant;
    std::string text;
};

// What differs on the way from `t` to the next instant; empty if nothing does.
std::string compare(const crontab::zoned_times& times, std::int64_t t, std::optional<std::int64_t> expected,
                    std::int64_t horizon) {
    auto found = times.next_after(t);
    if (!expected) {
        if (found && *found <= horizon)
            return fmt::format("after {} the model finds none, next_after gives {}", show(t), show(found));
        if (auto n = times.count(t, horizon); n != 0)
            return fmt::format("from {} to {} the model finds none, count gives {}", show(t), show(horizon),
                               n);
        return {};
    }
    if (found != expected)
        return fmt::format("after {} the model finds {}, next_after gives {}", show(t), show(expected),
                           show(found));
    if (auto last = times.previous_before(*expected + 1); last != expected)
        return fmt::format("up to {} previous_before gives {}", show(expected), show(last));
    auto before = times.previous_before(*expected);
    if (before && *before > t)
        return fmt::format("before {} nothing is after {}, previous_before gives {}", show(expected), show(t),
                           show(before));
    if (auto n = times.count(t, *expected); n != 1)
        return fmt::format("from {} to {} is one, count gives {}", show(t), show(expected), n);
    return {};
}

void run_case(totals& sum, std::uint64_t seed, std::uint64_t number, fault f) {
    constexpr int steps = 3;
    random_case c(seed, number);
    ++sum.cases;
    auto report = [&](const std::string& what) {
        if (sum.differ++ != 0) return;
        sum.first = fmt::format("{}: {}", c.show_all(), what);
        sum.first_number = number;
    };
    auto parsed = detail::parse_cron(c.text, c.meant.dialect);
    if (!parsed.ok()) return report("not accepted: " + crontab::to_string(parsed.error));
    crontab::zoned_times times(parsed.fields, c.where.zone(), c.gap, c.overlap);
    model m(c.meant, c.where, c.gap, c.overlap, f);
    std::int64_t t = c.start;
    for (int i = 0; i != steps; ++i) {
        auto expected = m.next_after(t, c.horizon);
        ++(expected ? sum.compared : sum.beyond);
        if (auto what = compare(times, t, expected, c.horizon); !what.empty()) return report(what);
        if (!expected) return;
        t = *expected;
    }
}

bool print(const totals& sum, std::uint64_t seed) {
    if (sum.differ != 0)
        fmt::print("oracle: case {} differs: {}\noracle: run it again with --seed {} --case {}\n",
                   sum.first_number, sum.first, seed, sum.first_number);
    fmt::print("oracle: {} cases={} seed={} compared={} beyond={} differ={}\n",
               sum.differ == 0 ? "ok" : "FAILED", sum.cases, seed, sum.compared, sum.beyond, sum.differ);
    return sum.differ == 0;
}

bool finds_each_fault(std::uint64_t seed, std::uint64_t cases) {
    bool all = true;
    for (int f = 1; f != fault_count; ++f) {
        totals sum;
        for (std::uint64_t i = 0; i != cases; ++i) run_case(sum, seed, i, static_cast<fault>(f));
        fmt::print("oracle: planted error {}: differ={} of {}\n", f, sum.differ, sum.cases);
        all = all && sum.differ != 0;
    }
    fmt::print("oracle: self-check {}\n", all ? "ok" : "FAILED");
    return all;
}

struct arguments {
    std::uint64_t cases = 20'000;
    std::uint64_t seed = 1;
    std::optional<std::uint64_t> only;
    bool self_check = false;
};

std::optional<arguments> read(int count, char** values) {
    arguments a;
    for (int i = 1; i < count; ++i) {
        std::string_view name = values[i];
        if (name == "--self-check") {
            a.self_check = true;
            continue;
        }
        std::uint64_t n = 0;
        std::string_view digits = i + 1 < count ? values[++i] : "";
        auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
        if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
        if (name == "--cases")
            a.cases = n;
        else if (name == "--seed")
            a.seed = n;
        else if (name == "--case")
            a.only = n;
        else
            return std::nullopt;
    }
    return a;
}

int run(int count, char** values) {
    auto a = read(count, values);
    if (!a) {
        fmt::print(stderr, "usage: oracle [--cases N] [--seed S] [--case I] [--self-check]\n");
        return 2;
    }
    if (a->self_check) return finds_each_fault(a->seed, a->cases) ? 0 : 1;
    totals sum;
    std::uint64_t first = a->only.value_or(0);
    std::uint64_t end = a->only ? first + 1 : a->cases;
    for (std::uint64_t i = first; i != end; ++i) run_case(sum, a->seed, i, fault::none);
    return print(sum, a->seed) ? 0 : 1;
}

} // namespace
} // namespace rondo::oracle

int main(int count, char** values) {
    try {
        return rondo::oracle::run(count, values);
    } catch (const std::exception& e) {
        fmt::print(stderr, "oracle: {}\n", e.what());
        return 1;
    }
}
