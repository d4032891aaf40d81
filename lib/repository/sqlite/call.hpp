// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_CALL_HPP
#define RONDO_REPOSITORY_SQLITE_CALL_HPP

#include <rondo/repository.hpp>

#include <repository/handler_waiter.hpp>
#include <repository/sqlite/writer.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace rondo::sqlite::detail {

/// Keeps the loop of an executor from its sleep, until nobody waits any more, or for so long. Where several threads run
/// it, each look wakes another of them: that is found out, and then done only if somebody wants it always.
template <class Executor>
class keep_awake {
public:
    keep_awake(Executor executor, const std::shared_ptr<repository_detail::waiter>& w, polling p)
        : executor_(std::move(executor)), waiter_(w), until_(std::chrono::steady_clock::now() + p.time),
          always_(p.always) {}

    void operator()() const noexcept {
        const auto w = waiter_.lock();
        if (w == nullptr || std::chrono::steady_clock::now() >= until_) return;
        if (!always_ && !w->home().seen_on(std::this_thread::get_id())) return;
        std::this_thread::yield(); // to the thread that we wait for, if there is one processor for both
        again();
    }
    /// Nothing depends on it, so it just ends if there is no memory.
    void again() const noexcept {
        try {
            boost::asio::post(executor_, *this);
        } catch (const std::exception&) { // not even a handler is lost: they sleep
        }
    }

private:
    Executor executor_;
    std::weak_ptr<repository_detail::waiter> waiter_;
    std::chrono::steady_clock::time_point until_;
    bool always_;
};

/// Hands the jobs over, and waits until all are committed, or given up.
struct initiate_jobs {
    polling poll_for_answer;

    template <class Handler, class Queue, class... Jobs>
    void operator()(Handler handler, const std::shared_ptr<Queue>& queue, const Jobs&... jobs) const {
        namespace asio = boost::asio;
        const auto executor = asio::get_associated_executor(handler);
        auto& context = asio::query(executor, asio::execution::context);
        // All before the push, after which another thread may resume and destroy the coroutine.
        const auto waiting = repository_detail::make_waiter(context, std::move(handler));
        ((jobs->waiter = waiting), ...);
        std::optional<keep_awake<std::decay_t<decltype(executor)>>> poll;
        const bool polls = poll_for_answer.time > look_out::duration(0) &&
                           (poll_for_answer.always || waiting->home().has_one_thread());
        if (polls) poll.emplace(executor, waiting, poll_for_answer);
        if (!waiting->home().add(waiting)) return;
        if (queue->push(jobs...)) {
            if (poll) poll->again();
            return;
        }
        ((jobs->error = errc::store_failed), ...); // the repository is gone
        waiting->home().complete(*waiting, false);
    }
};

template <class Queue, class... Jobs>
boost::asio::awaitable<bool> submit(std::shared_ptr<Queue> queue, polling p, std::shared_ptr<Jobs>... jobs) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        initiate_jobs{p}, boost::asio::use_awaitable, std::move(queue), std::move(jobs)...);
}

/// `work(database&)` as a job, which gives its value.
template <class Work>
class work_job final : public job {
public:
    using value_type = std::invoke_result_t<Work&, database&>;
    using stored = std::conditional_t<std::is_void_v<value_type>, std::true_type, value_type>;

    explicit work_job(Work work) : work_(std::move(work)) {}

    void run(database& db) override {
        if constexpr (std::is_void_v<value_type>) {
            work_(db);
        } else {
            value.emplace(work_(db));
        }
    }

    std::optional<stored> value;

private:
    Work work_;
};

/// What came of a job that is done.
template <class Work>
result<typename work_job<Work>::value_type> result_of(work_job<Work>& j) {
    if (j.error) return *j.error;
    if constexpr (std::is_void_v<typename work_job<Work>::value_type>) {
        return boost::outcome_v2::success();
    } else {
        return std::move(*j.value);
    }
}

/// One call of the repository. Works on values alone: the repository may be gone when it resumes. `Queue` is the
/// `writer` or the `side_reader`.
template <class Queue, class Work>
repository::awaitable<typename work_job<Work>::value_type> call(std::shared_ptr<Queue> queue, Work work,
                                                                polling p = {}) {
    auto j = std::make_shared<work_job<Work>>(std::move(work));
    const bool aborted = co_await submit(std::move(queue), p, j);
    // Given up: the thread may be at work on the job at this moment.
    if (aborted) co_return error_code(boost::asio::error::operation_aborted);
    co_return result_of(*j);
}

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_CALL_HPP
