// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

constexpr std::size_t pages_max = 2000; // a page that leads to itself must not hang us

/// `count` runs, ids from `first` on, five of them at each instant; every third has a result for "a".
void fill(probe& p, std::string_view uid, std::uint64_t first, std::uint64_t count) {
    std::vector<begin_request> begun;
    for (std::uint64_t i = 0; i < count; ++i) {
        // Not in the order of their ids.
        const std::uint64_t n = first + (i * 7) % count;
        begun.push_back(manual_run(uid, n, static_cast<std::int64_t>((n - first) / 5)));
    }
    const auto answers = p.begin(begun);
    std::vector<finish_request> ends;
    for (std::size_t i = 0; i < begun.size(); ++i) {
        ends.push_back(end_of(begun[i], answers[i].token));
        if (i % 3 == 0) ends.back().run.results.emplace_back(user("a"), "");
    }
    p.finish(ends);
}

/// Follows the pages to their end.
std::vector<run> all_pages(probe& p, history_filter filter) {
    std::vector<run> all;
    for (std::size_t pages = 0; pages < pages_max; ++pages) {
        history_page page = p.history(filter);
        if (page.next) {
            const bool full = page.runs.size() == filter.limit;
            p.is_true("only the last page is not full", full);
            if (page.runs.empty()) break;
            const history_key last{page.runs.back().started_at, page.runs.back().id};
            p.is_true("the key of the next page is that of the last run", *page.next == last);
        }
        for (run& r : page.runs) all.push_back(std::move(r));
        if (!page.next) return all;
        filter.before = page.next;
    }
    p.is_true("the pages come to an end", false);
    return all;
}

std::string down_from(std::uint64_t n) {
    std::string text;
    for (; n > 0; --n) text += std::to_string(n) + (n > 1 ? " " : "");
    return text;
}

void without_gaps(probe& p) {
    p.put(task("t"));
    fill(p, "t", 1, 61);
    for (std::size_t limit : {1, 2, 4, 5, 7, 60, 61, 62}) {
        history_filter filter;
        filter.limit = limit;
        p.same("all pages", down_from(61), numbers(all_pages(p, filter)));
        filter.uid = "t";
        p.same("all pages of the task", down_from(61), numbers(all_pages(p, filter)));
    }
}

void filtered_pages(probe& p) {
    p.put(task("t"));
    p.put(task("u"));
    fill(p, "t", 1, 50);
    fill(p, "u", 101, 50);
    history_filter filter;
    filter.user = "a";
    filter.limit = 1000;
    const std::string whole = numbers(p.history(filter).runs);
    for (std::size_t limit : {1, 3, 33}) {
        filter.limit = limit;
        p.same("all pages of a", whole, numbers(all_pages(p, filter)));
    }
    filter.uid = "t";
    const std::string of_task = numbers(p.history(filter).runs);
    filter.limit = 2;
    p.same("all pages of a in the task", of_task, numbers(all_pages(p, filter)));
}

void full_last_page(probe& p) {
    p.put(task("t"));
    fill(p, "t", 1, 10);
    history_filter filter;
    filter.limit = 5;
    const history_page first = p.history(filter);
    p.same("the first page", "10 9 8 7 6", numbers(first.runs));
    p.is_true("there is another", first.next.has_value());
    filter.before = first.next;
    const history_page second = p.history(filter);
    p.same("the second page", "5 4 3 2 1", numbers(second.runs));
    p.is_true("there is no other", !second.next);
}

void rows_come_in(probe& p) {
    p.put(task("t"));
    fill(p, "t", 1, 20);
    history_filter filter;
    filter.limit = 8;
    std::vector<run> seen;
    for (std::uint64_t page_number = 0; page_number < 3; ++page_number) {
        history_page page = p.history(filter);
        for (run& r : page.runs) seen.push_back(std::move(r));
        filter.before = page.next;
        p.begin(manual_run("t", 100 + page_number, 50)); // newer than all
        if (!page.next) break;
    }
    p.same("all pages", down_from(20), numbers(seen));
}

void key_between_rows(probe& p) {
    p.put(task("t"));
    fill(p, "t", 1, 15);
    history_filter filter;
    filter.before = history_key{at(1), id(0)};
    p.same("below all of an instant", down_from(5), numbers(p.history(filter).runs));
    filter.before = history_key{at(1), id(1'000)};
    p.same("above all of an instant", down_from(10), numbers(p.history(filter).runs));
    filter.before = history_key{at(-100), id(1)};
    p.same("below all", "", numbers(p.history(filter).runs));
    filter.before = history_key{at(1), id(8)};
    filter.to = at(2);
    p.same("below the key, which is before the end", "7 6 5 4 3 2 1", numbers(p.history(filter).runs));
    filter.to = at(1);
    p.same("before the end, which is below the key", "5 4 3 2 1", numbers(p.history(filter).runs));
}

void limits(probe& p) {
    for (std::uint64_t t = 0; t < 12; ++t) {
        p.put(task("task-" + std::to_string(t)));
        fill(p, "task-" + std::to_string(t), 1 + 1'000 * t, 90);
    }
    history_filter filter;
    filter.limit = 0;
    p.same("runs at limit 0", "1", show(p.history(filter).runs.size()));
    filter.limit = static_cast<std::size_t>(-1);
    const history_page page = p.history(filter);
    p.same("runs at a huge limit", show(history_limit_max), show(page.runs.size()));
    p.is_true("there are more", page.next.has_value());
    filter.before = page.next;
    p.same("runs on the next page", "80", show(p.history(filter).runs.size()));
    p.same("runs at the limit left alone", "50", show(p.history().runs.size()));
}

void clock_set_back(probe& p) {
    p.put(task("t"));
    // On record in this order; the clock was set back by 100 s, and forward again.
    for (std::int64_t start : {100, 110, 10, 20, 120})
        p.begin(manual_run("t", static_cast<std::uint64_t>(start), start));
    p.same("history", "120 110 100 20 10", numbers(p.history().runs));
    history_filter filter;
    filter.uid = "t";
    filter.limit = 2;
    p.same("pages of the task", "120 110 100 20 10", numbers(all_pages(p, filter)));
    filter.to = at(105);
    filter.from = at(15);
    p.same("a span of time", "100 20", numbers(p.history(filter).runs));
    p.same("last run", show(at(120)), show(p.put(task("t")).last_run));
}

} // namespace

std::span<const suite_case> paging_cases() {
    static constexpr suite_case cases[] = {
        {"pages have no gaps and no doubles", without_gaps},
        {"pages of filtered history have no gaps and no doubles", filtered_pages},
        {"a last page that is full leads to no other", full_last_page},
        {"runs that come in do not disturb the pages", rows_come_in},
        {"a page begins below its key, whether a run has it or not", key_between_rows},
        {"limits are moved into their range", limits},
        {"a clock that is set back does not disturb the order", clock_set_back},
    };
    return cases;
}

} // namespace rondo::testing::detail
