// SPDX-License-Identifier: BSL-1.0
#include <policies/stage.hpp>
#include <policies/tables.hpp>

#include <rondo/cron.hpp>

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace rondo::policies {
namespace {

// Slots at 10s, 20s and 30s of which nobody knows until 35s; of `at`, that at 10s alone.
constexpr auto first_slot = stage_begin + 10s;

struct cause {
    std::string_view name;
    void (*play)(stage& s, const catch_up& c);
};

core::task_spec catching_up(schedule when, const catch_up& c) {
    core::task_spec spec = spec_of("t", std::move(when));
    spec.first = after_interval;
    spec.policy.catch_up = c;
    return spec;
}

void jump(stage& s, schedule when, const catch_up& c) {
    s.add(catching_up(std::move(when), c));
    s.look();
    s.pass_to(35s);
    s.look();
}

void set_clock(stage& s, schedule when, const catch_up& c) {
    s.add(catching_up(std::move(when), c));
    s.look();
    s.set_wall_by(35s);
    s.look();
}

void pause(stage& s, const catch_up& c, resume_from from) {
    s.add(catching_up(every(10s), c));
    s.look();
    s.pause();
    s.pass_to(35s);
    s.look();
    s.resume(from);
    s.look();
}

constexpr std::array causes{
    cause{"downtime: a new life",
          [](stage& s, const catch_up& c) {
              s.pass_to(35s);
              s.add(catching_up(every(10s), c), first_slot);
              s.look();
          }},
    cause{"pause, resumed from now", [](stage& s, const catch_up& c) { pause(s, c, resume_from::now); }},
    cause{"pause, resumed from the past",
          [](stage& s, const catch_up& c) { pause(s, c, resume_from::the_past); }},
    cause{"late loop, or sleep: `every`", [](stage& s, const catch_up& c) { jump(s, every(10s), c); }},
    cause{"late loop, or sleep: cron",
          [](stage& s, const catch_up& c) {
              jump(s, schedule(cron_schedule("*/10 * * * * *", cron_dialect::seconds)), c);
          }},
    cause{"wall clock set forward: `every`",
          [](stage& s, const catch_up& c) { set_clock(s, every(10s), c); }},
    cause{"wall clock set forward: cron",
          [](stage& s, const catch_up& c) {
              set_clock(s, schedule(cron_schedule("*/10 * * * * *", cron_dialect::seconds)), c);
          }},
    cause{"wall clock set forward: `at`",
          [](stage& s, const catch_up& c) { set_clock(s, at(first_slot), c); }},
};

struct window {
    std::string_view name;
    std::chrono::microseconds length;
};

constexpr std::array windows{
    window{"endless window", std::chrono::microseconds::max()},
    window{"window of 20s", 20s},
    window{"window of 0", 0s},
};

std::string cell(const cause& why, const catch_up& c) {
    stage s;
    why.play(s, c);
    s.end_all();
    std::string text;
    for (const auto& [what, n] : s.runs()) text += fmt::format(", {} {}", n, to_string(what));
    if (text.empty()) text = ", 0";
    for (const auto& [what, n] : s.skips()) text += fmt::format(", -{} {}", n, to_string(what));
    return text.substr(2);
}

} // namespace

std::string catch_up_table() {
    std::string text = "| cause | coalesce |";
    for (const window& w : windows) text += fmt::format(" {} |", w.name);
    text += "\n| --- | --- | --- | --- | --- |\n";
    for (const cause& why : causes)
        for (coalesce how : {coalesce::latest, coalesce::all, coalesce::none}) {
            text += fmt::format("| {} | {} |", how == coalesce::latest ? why.name : "", to_string(how));
            for (const window& w : windows) {
                catch_up c;
                c.coalesce = how;
                c.window = w.length;
                text += fmt::format(" {} |", cell(why, c));
            }
            text += "\n";
        }
    return text;
}

} // namespace rondo::policies
