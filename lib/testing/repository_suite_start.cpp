// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

void empty_start(probe& p) {
    p.same("abandoned", "0", show(p.start(at(0))));
    p.same("abandoned again", "0", show(p.start(at(1))));
}

void abandons_once(probe& p) {
    p.put(task("t"));
    p.put(task("u"));
    begin_request manual = manual_run("u", 3, 5);
    manual.started->users = {user("a")};
    p.begin({slot_run("t", 1, 0), slot_run("t", 2, 10), manual});
    p.finish(end_of(slot_run("t", 1, 0), 1));
    p.same("abandoned", "2", show(p.start(at(100))));
    for (std::uint64_t n : {2, 3}) {
        const auto r = p.find(id(n));
        p.same("outcome", "abandoned", show(r ? r->outcome : std::nullopt));
        p.same("finished at", show(at(100)), show(r ? r->finished_at : moment()));
        p.same("message", std::string(abandoned_message), r ? r->message : "");
    }
    p.same("abandoned again", "0", show(p.start(at(200))));
    const auto r = p.find(id(2));
    p.same("finished at", show(at(100)), show(r ? r->finished_at : moment()));
}

void leaves_ended(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    const finish_request end = end_of(r, p.begin(r).token);
    p.finish(end);
    p.start(at(100));
    p.same("the run", show(end.run), show(p.find(id(1))));
    const task_state s = p.put(task("t"));
    p.same("last outcome", "success", show(s.last_outcome));
    p.same("cursor", show(at(10)), show(s.next_slot));
}

void fences_the_dead(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    const auto answer = p.begin(r);
    p.start(at(100));
    p.same("an end from before", "fenced", show(p.finish(end_of(r, answer.token))));
    p.same("a begin from before", "recorded", show(p.begin(r).state));
    const auto kept = p.find(id(1));
    p.same("outcome", "abandoned", show(kept ? kept->outcome : std::nullopt));
}

void keeps_cursor_and_tokens(probe& p) {
    p.put(task("t"));
    begin_request r = slot_run("t", 1, 0);
    r.next = cursor_waits_for_end;
    p.begin(r);
    p.start(at(100));
    const task_state s = p.put(task("t"));
    p.same("cursor", show(cursor_waits_for_end), show(s.next_slot));
    p.same("last outcome", "abandoned", show(s.last_outcome));
    begin_request next = slot_run("t", 2, 110);
    next.force = true;
    p.same("the next token", "2", show(p.begin(next).token));
}

} // namespace

std::span<const suite_case> start_cases() {
    static constexpr suite_case cases[] = {
        {"a start of an empty repository abandons nothing", empty_start},
        {"a start abandons each run in flight, once", abandons_once},
        {"a start leaves what has ended", leaves_ended},
        {"the end of an abandoned run is fenced off", fences_the_dead, kept_by::alone},
        {"a start keeps cursors and tokens", keeps_cursor_and_tokens},
    };
    return cases;
}

} // namespace rondo::testing::detail
