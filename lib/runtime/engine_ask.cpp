// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

namespace rondo::runtime {
namespace {

/// The error that the exception in flight stands for.
error_code current_error() {
    try {
        throw;
    } catch (const boost::system::system_error& e) {
        return e.code();
    } catch (...) {
        return errc::store_failed;
    }
}

/// A call that is answered once: by the repository, or by its deadline.
template <class T>
struct call_state final : awaited_call {
    std::function<repository::awaitable<T>(rondo::repository&)> question;
    std::function<void(result<T>)> then;                    // null once answered
    std::weak_ptr<boost::asio::cancellation_signal> signal; // the coroutine's

    void answer(result<T> r) {
        over = true;
        if (auto f = std::exchange(then, nullptr)) f(std::move(r));
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
void engine::call(question<T> q, answer<T> then) {
    auto state = std::make_shared<call_state<T>>();
    state->question = std::move(q);
    state->then = std::move(then);
    state->deadline = clock_.now().steady + options_.store_timeout;
    calls_.push_back(state);
    auto signal = std::make_shared<boost::asio::cancellation_signal>();
    state->signal = signal;
    // The handler owns the engine, so that `then` may refer to it.
    boost::asio::co_spawn(*strand_, perform<T>(repository_, state),
                          boost::asio::bind_cancellation_slot(
                              signal->slot(), [self = shared_from_this(), state, signal](std::exception_ptr) {
                                  // `perform` lets no exception out.
                                  self->forget_answered_calls();
                                  self->rearm();
                              }));
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
    call<T>(std::move(q), [done](result<T> r) { done->complete(std::move(r)); });
}

template void engine::ask(pending_ptr<history_page>, question<history_page>);
template void engine::ask(pending_ptr<std::vector<run>>, question<std::vector<run>>);
template void engine::ask(pending_ptr<std::vector<user>>, question<std::vector<user>>);
template void engine::ask(pending_ptr<std::uint64_t>, question<std::uint64_t>);
template void engine::ask(pending_ptr<void>, question<void>);
template void engine::call(question<std::uint64_t>, answer<std::uint64_t>);
template void engine::call(question<std::vector<user>>, answer<std::vector<user>>);
template void engine::call(question<std::optional<run>>, answer<std::optional<run>>);
template void engine::call(question<history_page>, answer<history_page>);
template void engine::call(question<void>, answer<void>);

namespace {

core::task_spec spec_of(task& t) {
    const task_options& o = t.options();
    return {.uid = t.uid(),
            .name = t.name(),
            .when = t.schedule(),
            .overlap = o.overlap,
            .first = o.first_run,
            .timeout = o.timeout,
            .in_flight_max = o.runs_in_flight_max,
            .users_in_flight = o.users_in_flight,
            .hidden = o.hidden,
            .policy = {o.catch_up, o.buffer_max, o.pause_after_failures, o.retry, o.slot_timeout, o.priority},
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
    core::task_spec spec = spec_of(t);
    auto reserved = with_core([&](core::scheduler& core) { return core.reserve(spec); });
    tell_problems(t, reserved ? error_code() : reserved.error());
    if (!reserved) {
        done->complete(reserved.error());
        return;
    }
    adds_.emplace_back(reserved.value(), std::move(done));
    if (registering_) return;
    registering_ = true;
    post([self = shared_from_this()] { self->register_tasks(); }); // so that adds in a row go together
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
    auto spec = std::make_shared<core::task_spec>(spec_of(*taken));
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
        });
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
    obey();
    event e;
    e.kind = event_kind::task_updated;
    e.at = clock_.now().wall;
    e.uid = uid;
    publish(e);
}

// One call at a time; the tasks added meanwhile go into the next.
void engine::register_tasks() {
    constexpr std::size_t batch_max = 1000;
    registering_ = !adds_.empty();
    if (!registering_) return;
    std::size_t n = std::min(adds_.size(), batch_max);
    std::vector<task_definition> definitions;
    std::vector<pending_ptr<void>> done;
    std::vector<core::task_record*> tasks;
    try {
        for (std::size_t i = 0; i != n; ++i)
            definitions.push_back(core_.definition(*adds_[i].first, clock_.now()));
    } catch (...) { // no memory: these are not added, and the next are tried
        definitions.resize(0);
    }
    for (std::size_t i = 0; i != n; ++i) {
        tasks.push_back(adds_[i].first);
        done.push_back(std::move(adds_[i].second));
    }
    adds_.erase(adds_.begin(), adds_.begin() + static_cast<std::ptrdiff_t>(n));
    call<std::vector<task_state>>(
        [definitions = std::move(definitions)](rondo::repository& r) {
            return r.register_tasks(definitions);
        },
        [this, done = std::move(done), tasks = std::move(tasks)](result<std::vector<task_state>> states) {
            on_registered(done, tasks, std::move(states));
            // Not from in here: a repository that answers at once would have us call ourselves.
            post([self = shared_from_this()] { self->register_tasks(); });
        });
}

void engine::on_registered(const std::vector<pending_ptr<void>>& done,
                           const std::vector<core::task_record*>& tasks,
                           result<std::vector<task_state>> states) {
    if (states && states.value().size() != tasks.size()) states = errc::store_failed;
    for (std::size_t i = 0; i != tasks.size(); ++i) {
        if (!states)
            finish_add(*tasks[i], states.error(), done[i], nullptr);
        else if (moment from = core::scheduler::history_wanted_from(*tasks[i], states.value()[i]))
            read_followed(*tasks[i], states.value()[i], from, done[i]);
        else
            finish_add(*tasks[i], states.value()[i], done[i], nullptr);
    }
}

void engine::finish_add(core::task_record& task, const result<task_state>& state,
                        const pending_ptr<void>& done, const core::history_reader* on_record) {
    shared_string uid = task.uid;
    instant now = clock_.now();
    std::unique_ptr<core::task_payload> body; // of one that failed: gone before anybody is told
    auto live = with_core([&](core::scheduler& core) -> result<void> {
        result<void> r =
            state ? core.activate(task, state.value(), now, on_record) : result<void>(state.error());
        if (!r) body = core.forget(task);
        return r;
    });
    body.reset();
    obey();
    if (live) {
        event e;
        e.kind = event_kind::task_added;
        e.at = now.wall;
        e.uid = uid;
        publish(e);
    }
    done->complete(std::move(live));
    let_joins_in(uid.str());
}

// The uid is taken now, or free.
void engine::let_joins_in(const std::string& uid) {
    auto waiting = joins_.extract(uid);
    if (!waiting) return;
    for (join& j : waiting.mapped()) add(std::move(j.done), std::move(j.what), j.otherwise);
}

} // namespace rondo::runtime
