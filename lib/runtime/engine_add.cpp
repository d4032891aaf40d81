// SPDX-License-Identifier: BSL-1.0
// How tasks come into the manager, and change.
#include <runtime/engine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <new>
#include <utility>

namespace rondo::runtime {
namespace {

core::task_spec spec_of(task& t, record usual) {
    const task_options& o = t.options();
    return {.uid = t.uid(),
            .name = t.name(),
            .when = t.schedule(),
            .overlap = o.overlap,
            .first = o.first_run,
            .users_in_flight = o.users_in_flight,
            .hidden = o.hidden,
            .mode = o.record.value_or(usual),
            .policy = {.catch_up = o.catch_up,
                       .buffer_max = o.buffer_max,
                       .pause_after_failures = o.pause_after_failures,
                       .retry = o.retry,
                       .slot_timeout = o.slot_timeout,
                       .priority = o.priority,
                       .abandoned = o.on_abandoned,
                       .lease_lost = o.on_lease_lost,
                       .tolerance = o.tolerance,
                       .timeout = o.timeout,
                       .in_flight_max = o.runs_in_flight_max},
            .group = o.group,
            .payload = t.take_body()};
}

} // namespace

void engine::add(waiter_ptr<void> done, task&& t, if_exists otherwise) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    core::task_record* known = otherwise == if_exists::fail ? nullptr : core_.find(t.uid());
    if (known != nullptr && known->state == core::task_state_kind::live) {
        if (otherwise == if_exists::replace) return update(std::move(done), std::move(t));
        done->complete(boost::outcome_v2::success());
        return;
    }
    if (known != nullptr && known->state == core::task_state_kind::registering) {
        std::string uid = t.uid();
        changes_.joins[uid].push_back({std::move(done), std::move(t), otherwise});
        return;
    }
    core::task_spec spec = spec_of(t, options_.record);
    if (changes_.adds.size() == changes_.adds.capacity())
        changes_.adds.reserve(2 * changes_.adds.size() + 16); // a reserved uid must be in there
    auto reserved = with_core([&](core::scheduler& core) { return core.reserve(spec); });
    tell_problems(t, reserved ? error_code() : reserved.error());
    if (error_code no = reserved ? misplaced(t) : error_code()) {
        auto body = with_core([&](core::scheduler& core) { return core.forget(*reserved.value()); });
        body.reset();
        reserved = no;
    }
    if (!reserved) {
        done->complete(reserved.error());
        return;
    }
    changes_.adds.emplace_back(reserved.value(), std::move(done));
    if (!changes_.registering) register_soon(); // so that adds in a row go together
}

// What shares something is decided in one place.
error_code engine::misplaced(const task& t) noexcept {
    if (place_.ties == nullptr) return {};
    const std::string_view followed = t.schedule().followed();
    const std::string& group = t.options().group;
    try {
        const bool by_followed = !followed.empty() && !place_.has(followed);
        if (!by_followed && (group.empty() || place_.ties->claim(group, place_.index))) return {};
        log(log_level::warning, fmt::format("task {}: not taken: {} {}, of another shard", t.uid(),
                                            by_followed ? "it follows" : "it is of group",
                                            by_followed ? followed : std::string_view(group)));
        return errc::invalid_option;
    } catch (...) {
        return make_error_code(boost::system::errc::not_enough_memory);
    }
}

// If there is no memory for that, the next tick does it.
void engine::register_soon() noexcept {
    try {
        post([self = shared_from_this()] { self->register_tasks(); });
        changes_.registering = true;
    } catch (...) {
        changes_.registering = false;
        put_off("tasks are registered later");
    }
}

void engine::tell_problems(const task& t, error_code why) noexcept {
    if (!why && t.schedule().interval()) return;
    try {
        if (why == errc::invalid_schedule)
            log(log_level::warning, fmt::format("task {}: not taken: {}", t.uid(), t.schedule().problem()));
        if (why) return;
        for (const std::string& warning : t.schedule().warnings())
            log(log_level::warning, fmt::format("task {}: {}: {}", t.uid(), t.schedule().text(), warning));
    } catch (...) {
        log_exception("what is to be said of a schedule is not");
    }
}

// First on record, then in force.
void engine::update(waiter_ptr<void> done, task&& t) {
    auto live = live_task(t.uid());
    if (!live) {
        done->complete(live.error());
        return;
    }
    auto taken = std::make_shared<task>(std::move(t));
    auto spec = std::make_shared<core::task_spec>(spec_of(*taken, options_.record));
    auto possible = core_.check_update(*live.value(), *spec);
    if (error_code no = possible ? misplaced(*taken) : error_code()) possible = no;
    tell_problems(*taken, possible ? error_code() : possible.error());
    if (!possible) {
        done->complete(possible.error());
        return;
    }
    task_definition definition = core_.definition(*live.value(), clock_.now());
    definition.name = shared_string(spec->name);
    definition.schedule = spec->when.for_uid(spec->uid).text();
    definition.hidden = spec->hidden;
    call<std::vector<task_state>>(
        [definition](rondo::repository& r) { return r.register_tasks({definition}); },
        [this, done, taken, spec, uid = definition.uid](result<std::vector<task_state>> states) {
            auto found = still_updatable(uid, *spec);
            if (!states || !found) {
                done->complete(!states ? states.error() : found.error());
                return;
            }
            put_in_force(*found.value(), *spec);
            done->complete(boost::outcome_v2::success());
        },
        [done](error_code why) { done->complete(why); });
}

// It may have gone meanwhile, or go, and its uid may be another task's.
result<core::task_record*> engine::still_updatable(const shared_string& uid, const core::task_spec& spec) {
    BOOST_OUTCOME_TRY(core::task_record * task, live_task(uid.view()));
    if (task->uid.view().data() != uid.view().data()) return errc::task_not_exists;
    BOOST_OUTCOME_TRY(core_.check_update(*task, spec));
    return task;
}

void engine::put_in_force(core::task_record& task, core::task_spec& spec) {
    const auto holder = std::make_shared<std::unique_ptr<detail::task_payload>>(); // first, as it may throw
    *holder = with_core([&](core::scheduler& core) { return core.update(task, spec, clock_.now()); });
    const std::shared_ptr<detail::task_payload> old(holder, holder->get());
    for (core::run_record* run = task.runs(); run != nullptr; run = run->next) {
        auto* state = static_cast<detail::run_state*>(run->runner);
        if (state != nullptr && state->keep == nullptr) state->keep = old;
    }
    shared_string uid = task.uid;
    obey_or_later();
    event e;
    e.kind = event_kind::task_updated;
    e.at = clock_.now().wall;
    e.uid = uid;
    publish(e);
}

// One call at a time; the tasks added meanwhile go into the next.
void engine::register_tasks() {
    constexpr std::size_t batch_max = 1000;
    changes_.registering = true; // also while some are refused
    auto now = std::shared_ptr<add_batch>();
    try {
        std::size_t n = ready_adds();
        const bool took_any = n < batch_max && take_adds(batch_max - n);
        if (took_any) n = ready_adds();
        n = std::min(n, batch_max);
        changes_.registering = n > 0;
        if (!changes_.registering) {
            if (took_any && !changes_.many_adds.empty()) register_soon();
            return;
        }
        tell_gone(); // whose uids may be among them
        now = std::make_shared<add_batch>();
        std::vector<task_definition> definitions;
        definitions.reserve(n);
        const instant at = clock_.now(); // one for all, as some may follow others
        for (std::size_t i = 0; i != n; ++i)
            definitions.push_back(core_.definition(*changes_.adds[i].first, at));
        now->adds.reserve(n);
        std::move(changes_.adds.begin(), changes_.adds.begin() + static_cast<std::ptrdiff_t>(n),
                  std::back_inserter(now->adds));
        changes_.adds.erase(changes_.adds.begin(), changes_.adds.begin() + static_cast<std::ptrdiff_t>(n));
        call<std::vector<task_state>>(
            [definitions = std::move(definitions)](rondo::repository& r) mutable {
                return r.register_tasks(std::move(definitions)); // it is asked once
            },
            [this, now](result<std::vector<task_state>> states) {
                on_registered(*now, std::move(states));
                // Not from in here: a repository that answers at once would have us call ourselves.
                register_soon();
            },
            [this, now](error_code why) { spoil(*now, why); });
    } catch (...) { // no memory: who was to go is told, and the others go later
        changes_.registering = false;
        put_off("tasks are not registered");
        if (now != nullptr && !now->adds.empty())
            spoil(*now, make_error_code(boost::system::errc::not_enough_memory));
    }
}

void engine::on_registered(add_batch& b, result<std::vector<task_state>> states) {
    if (states && states.value().size() != b.adds.size()) states = errc::store_failed;
    const instant now = clock_.now();
    while (b.answered != b.adds.size()) {
        std::size_t i = b.answered;
        auto& [task, done] = b.adds[i];
        if (!states)
            go_live(*task, done, states.error(), now);
        else if (sharing_.clock == nullptr && core::scheduler::wants_reruns(*task, &states.value()[i]))
            read_abandoned(*task, states.value()[i], done);
        else
            register_on(*task, states.value()[i], done, now);
        ++b.answered;
    }
    obey_or_later(); // once for all
}

void engine::register_on(core::task_record& task, const task_state& state, const waiter_ptr<void>& done,
                         instant now) {
    if (moment from = core::scheduler::history_wanted_from(task, state))
        read_followed(task, state, *from, done);
    else
        go_live(task, done, state, now);
}

void engine::on_registered(core::task_record& task, const waiter_ptr<void>& done, result<task_state> state,
                           const core::history_reader* on_record) {
    go_live(task, done, std::move(state), clock_.now(), on_record);
    obey_or_later();
}

// Or it is forgotten. Who comes after the last of several obeys.
void engine::go_live(core::task_record& task, const waiter_ptr<void>& done, result<task_state> state,
                     instant now, const core::history_reader* on_record) {
    shared_string uid = task.uid;
    std::unique_ptr<core::task_payload> body; // of one that failed: gone before anybody is told
    auto live = with_core([&](core::scheduler& core) -> result<void> {
        result<void> r = state.has_error() ? result<void>(state.error()) : errc::store_failed;
        try {
            if (state) r = core.activate(task, state.value(), now, on_record);
        } catch (const std::bad_alloc&) {
            r = make_error_code(boost::system::errc::not_enough_memory);
        }
        if (!r) body = core.forget(task);
        return r;
    });
    body.reset();
    rerun_abandoned(task, live.has_value(), now);
    auto told = [&] { done->complete(live); }; // whatever else fails
    try {
        if (!core_.actions().empty()) obey_or_later();
        if (live) {
            event e;
            e.kind = event_kind::task_added;
            e.at = now.wall;
            e.uid = uid;
            publish(e);
        }
        told();
        let_joins_in(uid);
    } catch (...) {
        told();
        log_exception("a task was added, and what follows failed");
    }
}

// Those that were not answered are not added.
void engine::spoil(add_batch& b, error_code why) {
    for (; b.answered != b.adds.size(); ++b.answered) {
        auto& [task, done] = b.adds[b.answered];
        if (done->done()) continue;
        const shared_string uid = task->uid;
        auto body = with_core([gone = task](core::scheduler& core) { return core.forget(*gone); });
        body.reset();
        done->complete(why);
        let_joins_in(uid);
    }
    changes_.registering = false;
    if (!(changes_.adds.empty() && changes_.many_adds.empty())) register_soon();
    obey_or_later();
}

// The uid is taken now, or free.
void engine::let_joins_in(const shared_string& uid) {
    auto found = changes_.joins.find(uid.view());
    if (found == changes_.joins.end()) return;
    auto waiting = changes_.joins.extract(found);
    for (waiting_add& j : waiting.mapped()) {
        try {
            add(j.done, std::move(j.what), j.otherwise);
        } catch (...) {
            log_exception("a task is not added");
            j.done->complete(make_error_code(boost::system::errc::not_enough_memory));
        }
    }
}

} // namespace rondo::runtime
