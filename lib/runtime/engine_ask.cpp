// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <iterator>
#include <new>

namespace rondo::runtime {
namespace {

/// The error that the exception in flight stands for.
error_code current_error() {
    try {
        throw;
    } catch (const boost::system::system_error& e) {
        return e.code();
    } catch (const std::bad_alloc&) {
        return make_error_code(boost::system::errc::not_enough_memory);
    } catch (...) {
        return errc::store_failed;
    }
}

/// A call that is answered once: by the repository, or by its deadline.
template <class T>
struct call_state final : awaited_call {
    std::function<repository::awaitable<T>(rondo::repository&)> question;
    std::function<void(result<T>)> then;                    // null once answered
    std::function<void(error_code)> otherwise;              // if that throws: answers who waits
    std::weak_ptr<boost::asio::cancellation_signal> signal; // the coroutine's

    void answer(result<T> r) {
        over = true;
        auto f = std::exchange(then, nullptr);
        if (f == nullptr) return;
        try {
            f(std::move(r));
        } catch (...) { // no memory, say
            if (otherwise != nullptr) otherwise(current_error());
        }
        otherwise = nullptr;
    }
    void expire(errc why) override {
        if (over) return;
        answer(why);
        if (auto s = signal.lock()) s->emit(boost::asio::cancellation_type::terminal);
    }
};

template <class T>
boost::asio::awaitable<void> perform(std::shared_ptr<rondo::repository> repository,
                                     std::shared_ptr<call_state<T>> state) {
    result<T> answer = errc::store_failed;
    try {
        answer = co_await state->question(*repository);
    } catch (...) {
        answer = current_error();
    }
    state->answer(std::move(answer));
}

} // namespace

template <class T>
void engine::call(question<T> q, answer<T> then, std::function<void(error_code)> otherwise) {
    auto state = std::make_shared<call_state<T>>();
    state->question = std::move(q);
    state->then = std::move(then);
    state->otherwise = std::move(otherwise);
    state->deadline = clock_.now().steady + options_.store_timeout;
    calls_.push_back(state);
    auto signal = std::make_shared<boost::asio::cancellation_signal>();
    state->signal = signal;
    try {
        // The handler owns the engine, so that `then` may refer to it.
        boost::asio::co_spawn(
            *strand_, perform<T>(repository_, state),
            boost::asio::bind_cancellation_slot(
                signal->slot(), [self = shared_from_this(), state, signal](std::exception_ptr) {
                    // `perform` lets no exception out.
                    self->forget_answered_calls();
                    self->rearm();
                }));
    } catch (...) { // no memory: who called hears of it, and of nothing else
        state->over = true;
        state->then = nullptr;
        throw;
    }
    rearm();
}

void engine::expire_calls(instant now) {
    while (!calls_.empty() && calls_.front()->deadline <= now.steady) {
        auto call = std::move(calls_.front());
        calls_.pop_front();
        call->expire(errc::store_timeout);
    }
}

void engine::forget_answered_calls() {
    while (!calls_.empty() && calls_.front()->over) calls_.pop_front();
}

template <class T>
void engine::ask(pending_ptr<T> done, question<T> q) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    call<T>(
        std::move(q), [done](result<T> r) { done->complete(std::move(r)); },
        [done](error_code why) { done->complete(why); });
}

template void engine::ask(pending_ptr<history_page>, question<history_page>);
template void engine::ask(pending_ptr<std::vector<run>>, question<std::vector<run>>);
template void engine::ask(pending_ptr<std::vector<task_summary>>, question<std::vector<task_summary>>);
template void engine::ask(pending_ptr<std::optional<run>>, question<std::optional<run>>);
template void engine::ask(pending_ptr<std::vector<user>>, question<std::vector<user>>);
template void engine::ask(pending_ptr<std::uint64_t>, question<std::uint64_t>);
template void engine::ask(pending_ptr<void>, question<void>);
template void engine::call(question<std::uint64_t>, answer<std::uint64_t>, std::function<void(error_code)>);
template void engine::call(question<std::vector<user>>, answer<std::vector<user>>,
                           std::function<void(error_code)>);
template void engine::call(question<std::optional<run>>, answer<std::optional<run>>,
                           std::function<void(error_code)>);
template void engine::call(question<history_page>, answer<history_page>, std::function<void(error_code)>);
template void engine::call(question<prune_progress>, answer<prune_progress>, std::function<void(error_code)>);
template void engine::call(question<void>, answer<void>, std::function<void(error_code)>);

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
                       .tolerance = o.tolerance,
                       .timeout = o.timeout,
                       .in_flight_max = o.runs_in_flight_max},
            .group = o.group,
            .payload = t.take_body()};
}

} // namespace

void engine::add(pending_ptr<void> done, task t, if_exists otherwise) {
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
        joins_[uid].push_back({std::move(done), std::move(t), otherwise});
        return;
    }
    core::task_spec spec = spec_of(t, options_.record);
    if (adds_.size() == adds_.capacity())
        adds_.reserve(2 * adds_.size() + 16); // a reserved uid must be in there
    auto reserved = with_core([&](core::scheduler& core) { return core.reserve(spec); });
    tell_problems(t, reserved ? error_code() : reserved.error());
    if (!reserved) {
        done->complete(reserved.error());
        return;
    }
    adds_.emplace_back(reserved.value(), std::move(done));
    if (!registering_) register_soon(); // so that adds in a row go together
}

// If there is no memory for that, the next tick does it.
void engine::register_soon() noexcept {
    try {
        post([self = shared_from_this()] { self->register_tasks(); });
        registering_ = true;
    } catch (...) {
        registering_ = false;
        log_exception("tasks are registered later");
    }
}

void engine::tell_problems(const task& t, error_code why) {
    if (why == errc::invalid_schedule)
        log(log_level::warning, fmt::format("task {}: not taken: {}", t.uid(), t.schedule().problem()));
    if (why) return;
    for (const std::string& warning : t.schedule().warnings())
        log(log_level::warning, fmt::format("task {}: {}: {}", t.uid(), t.schedule().text(), warning));
}

// First on record, then in force.
void engine::update(pending_ptr<void> done, task t) {
    auto live = live_task(t.uid());
    if (!live) {
        done->complete(live.error());
        return;
    }
    auto taken = std::make_shared<task>(std::move(t));
    auto spec = std::make_shared<core::task_spec>(spec_of(*taken, options_.record));
    auto possible = core_.check_update(*live.value(), *spec);
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
    std::shared_ptr<detail::task_payload> old =
        with_core([&](core::scheduler& core) { return core.update(task, spec, clock_.now()); });
    for (auto& [id, state] : runs_)
        if (state->record != nullptr && state->record->task == &task && state->keep == nullptr)
            state->keep = old;
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
    registering_ = true; // also while some are refused
    auto now = std::shared_ptr<batch>();
    try {
        std::size_t n = std::min(ready_adds(), batch_max);
        registering_ = n > 0;
        if (!registering_) return;
        now = std::make_shared<batch>();
        std::vector<task_definition> definitions;
        const instant at = clock_.now(); // one for all, as some may follow others
        for (std::size_t i = 0; i != n; ++i) definitions.push_back(core_.definition(*adds_[i].first, at));
        now->adds.reserve(n);
        std::move(adds_.begin(), adds_.begin() + static_cast<std::ptrdiff_t>(n),
                  std::back_inserter(now->adds));
        adds_.erase(adds_.begin(), adds_.begin() + static_cast<std::ptrdiff_t>(n));
        call<std::vector<task_state>>([definitions = std::move(definitions)](
                                          rondo::repository& r) { return r.register_tasks(definitions); },
                                      [this, now](result<std::vector<task_state>> states) {
                                          on_registered(*now, std::move(states));
                                          // Not from in here: a repository that answers at once would have us call ourselves.
                                          register_soon();
                                      },
                                      [this, now](error_code why) { spoil(*now, why); });
    } catch (...) { // no memory: who was to go is told, and the others go later
        registering_ = false;
        log_exception("tasks are not registered");
        if (now != nullptr && !now->adds.empty())
            spoil(*now, make_error_code(boost::system::errc::not_enough_memory));
    }
}

void engine::on_registered(batch& b, result<std::vector<task_state>> states) {
    if (states && states.value().size() != b.adds.size()) states = errc::store_failed;
    while (b.answered != b.adds.size()) {
        std::size_t i = b.answered;
        auto& [task, done] = b.adds[i];
        if (!states)
            on_registered(*task, done, states.error());
        else if (core::scheduler::wants_reruns(*task, states.value()[i]))
            read_abandoned(*task, states.value()[i], done);
        else
            register_on(*task, states.value()[i], done);
        ++b.answered;
    }
}

void engine::register_on(core::task_record& task, const task_state& state, const pending_ptr<void>& done) {
    if (moment from = core::scheduler::history_wanted_from(task, state))
        read_followed(task, state, *from, done);
    else
        on_registered(task, done, state);
}

void engine::on_registered(core::task_record& task, const pending_ptr<void>& done, result<task_state> state,
                           const core::history_reader* on_record) {
    shared_string uid = task.uid;
    instant now = clock_.now();
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
        obey_or_later();
        if (live) {
            event e;
            e.kind = event_kind::task_added;
            e.at = now.wall;
            e.uid = uid;
            publish(e);
        }
        told();
        let_joins_in(uid.str());
    } catch (...) {
        told();
        log_exception("a task was added, and what follows failed");
    }
}

// Those that were not answered are not added.
void engine::spoil(batch& b, error_code why) {
    for (; b.answered != b.adds.size(); ++b.answered) {
        auto& [task, done] = b.adds[b.answered];
        if (done->done()) continue;
        auto body = with_core([gone = task](core::scheduler& core) { return core.forget(*gone); });
        body.reset();
        done->complete(why);
    }
    registering_ = false;
    if (!adds_.empty()) register_soon();
}

// The uid is taken now, or free.
void engine::let_joins_in(const std::string& uid) {
    auto waiting = joins_.extract(uid);
    if (!waiting) return;
    for (waiting_add& j : waiting.mapped()) add(std::move(j.done), std::move(j.what), j.otherwise);
}

} // namespace rondo::runtime
