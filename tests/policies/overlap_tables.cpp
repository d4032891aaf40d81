// SPDX-License-Identifier: BSL-1.0
#include <policies/rows.hpp>
#include <policies/stage.hpp>
#include <policies/tables.hpp>

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace rondo::policies {
namespace {

/// A stage with one task, on which runs of one arrival can be had.
class scene {
public:
    scene(const policy& p, const arrival& a, core::scheduler_options options = {})
        : stage_(options), policy_(p), arrival_(a) {}

    void add_task(rondo::first_run first, std::chrono::microseconds timeout = {}) {
        auto interval = arrival_.by_slot ? 10s : 1h;
        core::task_spec spec = spec_of("t", every(interval));
        spec.overlap = arrival_.overrides ? overlap::skip : policy_.overlap;
        spec.policy.in_flight_max = policy_.in_flight_max;
        spec.policy.buffer_max = policy_.buffer_max;
        spec.first = first;
        spec.policy.timeout = timeout;
        stage_.add(std::move(spec));
    }
    /// A run in flight, of a slot.
    void start_first(std::chrono::microseconds timeout = {}) {
        stage_.name_slot(0s, "A");
        add_task(immediately, timeout);
        stage_.look();
    }
    /// At 10s, 20s, …
    void arrive(int n) {
        std::string name = std::to_string(n);
        stage_.pass_to(n * 10s);
        stage_.name_slot(n * 10s, name);
        if (!arrival_.by_slot) return ask(name);
        stage_.look();
        stage_.note_wait(name);
    }
    void ask(const std::string& name) {
        stage_.run_now(name, arrival_.overrides ? std::optional(policy_.overlap) : std::nullopt);
    }

    [[nodiscard]] stage& on() noexcept { return stage_; }
    [[nodiscard]] bool by_slot() const noexcept { return arrival_.by_slot; }

private:
    stage stage_;
    const policy& policy_;
    const arrival& arrival_;
};

std::string in_a_row(int n, const policy& p, const arrival& a) {
    scene s(p, a);
    s.start_first();
    for (int i = 1; i <= n; ++i) s.arrive(i);
    s.on().end_all();
    return s.on().text();
}

std::string just_after_the_end(const policy& p, const arrival& a) {
    scene s(p, a);
    s.start_first();
    s.on().pass_to(10s);
    s.on().end("A");
    s.arrive(1);
    s.on().end_all();
    return s.on().text();
}

std::string after_its_deadline(const policy& p, const arrival& a) {
    scene s(p, a);
    s.start_first(5s);
    s.on().pass_to(5s);
    s.on().look();
    s.arrive(1);
    s.arrive(2);
    s.on().end("A");
    s.on().end_all();
    return s.on().text();
}

std::string without_a_place(const policy& p, const arrival& a) {
    core::scheduler_options options;
    options.runs_in_flight_max = 1;
    scene s(p, a, options);
    s.on().add(spec_of("other", once()));
    s.on().look();
    s.add_task(after_interval);
    s.arrive(1);
    s.arrive(2);
    s.on().end("other");
    s.on().end_all();
    return s.on().text();
}

std::string after_a_late_loop(const policy& p, const arrival& a) {
    scene s(p, a);
    s.add_task(after_interval);
    for (int i : {1, 2}) s.on().name_slot(i * 10s, std::to_string(i));
    s.on().pass_to(25s);
    if (!a.by_slot)
        for (const char* name : {"1", "2"}) s.ask(name);
    s.on().look();
    s.on().end_all();
    return s.on().text();
}

struct pattern {
    std::string_view title;
    std::string (*play)(const policy& p, const arrival& a);
};

constexpr std::array patterns{
    pattern{"One arrives while a run is in flight",
            [](const policy& p, const arrival& a) { return in_a_row(1, p, a); }},
    pattern{"Three arrive in a row while a run is in flight",
            [](const policy& p, const arrival& a) { return in_a_row(3, p, a); }},
    pattern{"The run ends just before one arrives", just_after_the_end},
    pattern{"Two arrive while a run ignores that it is cancelled: its deadline is past", after_its_deadline},
    pattern{"Two arrive while the limit of all runs is reached by a run of another task", without_a_place},
    pattern{"Two arrive at once after a late loop, while no run is in flight", after_a_late_loop},
};

} // namespace

std::string overlap_tables() {
    std::string text;
    for (const pattern& what : patterns) {
        text += fmt::format("{}### {}\n\n| policy | trigger | what happens |\n| --- | --- | --- |\n",
                            text.empty() ? "" : "\n", what.title);
        for (const policy& p : policies)
            for (const arrival& a : arrivals)
                text += fmt::format("| {} | {} | `{}` |\n", p.name, a.name, what.play(p, a));
    }
    return text;
}

} // namespace rondo::policies
