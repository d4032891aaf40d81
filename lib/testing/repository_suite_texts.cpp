// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace rondo::testing::detail {
namespace {

using namespace std::string_literals;

const std::string strange_texts[] = {
    "' or '1'='1"s,
    "\"; drop table run; --"s,
    "nul \0 in the middle"s,
    "\0"s,
    "line\r\nline\ttab"s,
    "%s %n {} \\"s,
    "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8e\xb5"s,
    "not utf-8 \xff\xfe\x80"s,
    "  spaces around  "s,
    "NULL"s,
    "x'00'"s,
    "12"s,
    "1e3"s,
};

void strange_uids(probe& p) {
    std::vector<task_definition> tasks;
    for (const std::string& text : strange_texts) tasks.push_back(task(text));
    for (const task_state& s : p.register_tasks(tasks)) p.is_true("a uid of its own", s.created);
    std::uint64_t n = 0;
    for (const std::string& text : strange_texts) {
        p.same("begin", "recorded", show(p.begin(slot_run(text, ++n, 0)).state));
        history_filter filter;
        filter.uid = text;
        const auto runs = p.history(filter).runs;
        p.same("its run", std::to_string(n), numbers(runs));
        if (!runs.empty()) p.same("its uid", text, runs.front().uid.view());
    }
    for (const task_state& s : p.register_tasks(tasks))
        p.is_true("the same again", !s.created && !s.schedule_changed);
}

void strange_values(probe& p) {
    std::uint64_t n = 0;
    for (const std::string& text : strange_texts) {
        task_definition t = task("t");
        t.name = shared_string(text);
        t.schedule = text;
        p.put(t);
        p.begin(skip_only("t", 0, 0, skip(skip_reason::missed, -10, -10, 1))); // the cursor is of it
        p.is_true("the same schedule", !p.put(t).schedule_changed);
        begin_request r = manual_run("t", ++n, 0);
        r.started->users = {user(text)};
        finish_request end = end_of(r, p.begin(r).token);
        end.run.outcome = outcome::failed;
        end.run.message = text;
        end.run.results.emplace_back(user(text), text);
        end.run.results.push_back(task_result::failure(user(text + "."), text));
        p.finish(end);
        p.same("the run", show(end.run), show(p.find(id(n))));
        history_filter filter;
        filter.user = text;
        p.same("history of the user", std::to_string(n), numbers(p.history(filter).runs));
    }
}

void strange_users(probe& p) {
    std::vector<user> users;
    for (const std::string& text : strange_texts) users.emplace_back(text);
    p.add_users(users);
    std::sort(users.begin(), users.end());
    p.same("users", show(users), show(p.users()));
    p.remove_users(users);
    p.same("removed", "[]", show(p.users()));
}

void long_texts(probe& p) {
    const std::string megabyte(1 << 20, 'm');
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    end.run.outcome = outcome::failed;
    end.run.message = megabyte;
    end.run.results.push_back(task_result::failure(user("a"), megabyte));
    p.same("state", "recorded", show(p.finish(end)));
    p.same("the run", show(end.run), show(p.find(id(1))));
}

void many_results(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    for (int i = 2'000; i > 0; --i) end.run.results.emplace_back(user("user-" + std::to_string(i)), "m");
    p.finish(end);
    p.same("the run", show(end.run), show(p.find(id(1))));
}

void far_instants(probe& p) {
    const wall_time early(std::chrono::microseconds(-62'135'596'800'000'001)); // before the year 1
    const wall_time late(std::chrono::microseconds(253'402'300'799'999'999));  // the end of the year 9999
    task_definition t = task("t");
    t.anchor = early;
    t.first_slot = early;
    p.put(t);
    begin_request r = slot_run("t", 1, 0);
    r.expected = early;
    r.next = late;
    r.started->scheduled_at = early;
    r.started->started_at = late;
    const auto answer = p.begin(r);
    p.same("state", "recorded", show(answer.state));
    p.same("cursor", show(late), show(p.cursor("t")));
    p.same("anchor", show(early), show(p.put(task("t")).anchor));
    finish_request end = end_of(r, answer.token);
    end.run.finished_at = early;
    p.finish(end);
    p.same("the run", show(end.run), show(p.find(id(1))));
}

} // namespace

std::span<const suite_case> text_cases() {
    static constexpr suite_case cases[] = {
        {"uids may be strange", strange_uids},
        {"names, schedules, messages and results may be strange", strange_values},
        {"user ids may be strange", strange_users},
        {"a message may be a megabyte long", long_texts},
        {"a run may have thousands of results", many_results},
        {"instants may be far, and are exact to the microsecond", far_instants},
    };
    return cases;
}

} // namespace rondo::testing::detail
