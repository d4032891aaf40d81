// SPDX-License-Identifier: BSL-1.0
// Calls that are cut off, and stores that fail.
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

constexpr std::size_t handlers_max = 4; // after how many of them a call is cut off, at most

std::vector<begin_request> some_begins() {
    std::vector<begin_request> requests;
    for (std::uint64_t n = 1; n <= 20; ++n)
        requests.push_back(slot_run("t", n, static_cast<std::int64_t>(n - 1) * 10));
    return requests;
}

std::vector<finish_request> ends_of(const std::vector<begin_request>& begins,
                                    const std::vector<begin_answer>& answers) {
    std::vector<finish_request> requests;
    for (std::size_t i = 0; i != begins.size(); ++i) requests.push_back(end_of(begins[i], answers[i].token));
    return requests;
}

std::uint64_t ended(const std::vector<run>& runs) {
    std::uint64_t n = 0;
    for (const run& r : runs) n += r.outcome ? 1 : 0;
    return n;
}

void all_or_none(probe& p, std::string_view what, std::uint64_t all, std::uint64_t seen) {
    p.is_true(what, seen == 0 || seen == all);
}

/// What comes after tells whether it left anything half done.
void goes_on(probe& p) {
    const std::vector<begin_request> begins = some_begins();
    const auto answers = p.begin(begins);
    for (std::size_t i = 0; i != answers.size(); ++i) {
        const auto r = p.find(begins[i].started->id);
        const bool over = p.shared() && r && r->outcome; // before: then it is not begun again
        p.same("a begin again", over ? "conflict" : "recorded", show(answers[i].state));
    }
    p.same("cursor", show(at(200)), show(p.cursor("t")));
    for (const finish_state s : p.finish(ends_of(begins, answers)))
        p.is_true("an end again", s == finish_state::recorded || s == finish_state::already);
    history_filter all;
    all.limit = history_limit_max;
    const auto runs = p.history(all).runs;
    p.same("runs", show(begins.size()), show(runs.size()));
    p.same("ended", show(begins.size()), show(ended(runs)));
    p.same("the next token", "21", show(p.begin(slot_run("t", 21, 200)).token));
}

void begins(probe& p, cut how) {
    for (std::size_t handlers = 0; handlers <= handlers_max; ++handlers) {
        p.anew();
        p.put(task("t"));
        const auto requests = some_begins();
        p.cut_begin(requests, how, handlers);
        const std::uint64_t seen = p.history().runs.size();
        all_or_none(p, "all of a batch, or none", requests.size(), seen);
        p.same("cursor", show(at(seen == 0 ? 0 : 200)), show(p.cursor("t")));
        goes_on(p);
    }
}

void ends(probe& p, cut how) {
    for (std::size_t handlers = 0; handlers <= handlers_max; ++handlers) {
        p.anew();
        p.put(task("t"));
        const auto requests = some_begins();
        p.cut_finish(ends_of(requests, p.begin(requests)), how, handlers);
        all_or_none(p, "all of a batch, or none", requests.size(), ended(p.history().runs));
        goes_on(p);
    }
}

void begins_cancelled(probe& p) {
    begins(p, cut::cancelled);
}
void ends_cancelled(probe& p) {
    ends(p, cut::cancelled);
}
void begins_destroyed(probe& p) {
    begins(p, cut::context_gone);
}
void ends_destroyed(probe& p) {
    ends(p, cut::context_gone);
}

void failing_begins(probe& p) {
    p.put(task("t"));
    p.set_failing(true);
    for (int i = 0; i != 2; ++i) p.is_true("begins fail", bool(p.try_begin(some_begins())));
    p.set_failing(false);
    p.same("runs", "0", show(p.history().runs.size()));
    p.same("cursor", show(at(0)), show(p.cursor("t")));
    goes_on(p);
}

void failing_ends(probe& p) {
    p.put(task("t"));
    const auto requests = some_begins();
    const auto answers = p.begin(requests);
    p.set_failing(true);
    for (int i = 0; i != 2; ++i) p.is_true("ends fail", bool(p.try_finish(ends_of(requests, answers))));
    p.set_failing(false);
    p.same("ended", "0", show(ended(p.history().runs)));
    goes_on(p);
}

} // namespace

std::span<const suite_case> cut_cases() {
    static constexpr suite_case cases[] = {
        {"begins that are cancelled are recorded together or not at all, and can be repeated",
         begins_cancelled},
        {"ends that are cancelled are recorded together or not at all, and can be repeated", ends_cancelled},
        {"begins whose context is destroyed are recorded together or not at all", begins_destroyed},
        {"ends whose context is destroyed are recorded together or not at all", ends_destroyed},
    };
    return cases;
}

std::span<const suite_case> failing_cases() {
    static constexpr suite_case cases[] = {
        {"begins that fail change nothing, and can be repeated", failing_begins},
        {"ends that fail change nothing, and can be repeated", failing_ends},
    };
    return cases;
}

} // namespace rondo::testing::detail
