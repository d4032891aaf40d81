// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

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
            strand_, perform<T>(repository_, state),
            boost::asio::bind_cancellation_slot(
                signal->slot(), [self = shared_from_this(), state, signal](std::exception_ptr) {
                    // `perform` lets no exception out.
                    self->forget_answered_calls();
                    if (self->has_put_off()) self->do_put_off();
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
template void engine::call(question<repository_news>, answer<repository_news>,
                           std::function<void(error_code)>);
template void engine::call(question<void>, answer<void>, std::function<void(error_code)>);
template void engine::call(question<std::vector<task_state>>, answer<std::vector<task_state>>,
                           std::function<void(error_code)>);

} // namespace rondo::runtime
