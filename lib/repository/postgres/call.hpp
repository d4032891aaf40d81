// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_CALL_HPP
#define RONDO_REPOSITORY_POSTGRES_CALL_HPP

#include <rondo/repository.hpp>

#include <repository/handler_waiter.hpp>
#include <repository/postgres/session.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace rondo::postgres::detail {

/// Hands a job over, and waits until it is done, or given up.
struct initiate_job {
    template <class Handler>
    void operator()(Handler handler, const std::shared_ptr<session>& s, const std::shared_ptr<job>& j) const {
        namespace asio = boost::asio;
        const std::shared_ptr<session> alive = s; // its bell may be rung when the coroutine is gone
        auto& context = asio::query(asio::get_associated_executor(handler), asio::execution::context);
        // All before the push, after which another thread may resume and destroy the coroutine.
        const auto waiting = repository_detail::make_waiter(context, std::move(handler));
        j->waiter = waiting;
        if (!waiting->home().add(waiting)) return;
        if (pushed(*alive, j)) return;
        j->error = errc::store_failed; // the repository is gone, or there is no memory
        waiting->home().complete(*waiting, false);
    }

private:
    static bool pushed(session& s, const std::shared_ptr<job>& j) {
        try {
            return s.push(j);
        } catch (const std::exception&) {
            return false;
        }
    }
};

inline boost::asio::awaitable<bool> submit(std::shared_ptr<session> s, std::shared_ptr<job> j) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        initiate_job(), boost::asio::use_awaitable, std::move(s), std::move(j));
}

template <class T>
struct awaited;
template <class T>
struct awaited<boost::asio::awaitable<T>> {
    using type = T;
};

/// `work(database&)`, which gives an awaitable, as a job, which gives its value.
template <bool OnlyReads, class Work>
class work_job final : public job {
public:
    using value_type = typename awaited<std::invoke_result_t<Work&, database&>>::type;
    using stored = std::conditional_t<std::is_void_v<value_type>, std::true_type, value_type>;

    explicit work_job(Work work) : work_(std::move(work)) {}

    boost::asio::awaitable<void> run(database& db) override {
        if constexpr (std::is_void_v<value_type>) {
            co_await work_(db);
        } else {
            value.emplace(co_await work_(db));
        }
    }

    [[nodiscard]] bool may_be_left() const noexcept override { return OnlyReads; }

    std::optional<stored> value;

private:
    Work work_;
};

/// One call of the repository. Works on values alone: the repository may be gone when it resumes.
template <bool OnlyReads = false, class Work>
repository::awaitable<typename work_job<OnlyReads, Work>::value_type> call(std::shared_ptr<session> s,
                                                                           Work work) {
    auto j = std::make_shared<work_job<OnlyReads, Work>>(std::move(work));
    const bool aborted = co_await submit(std::move(s), j);
    // Given up: the thread may be at work on the job at this moment.
    if (aborted) co_return error_code(boost::asio::error::operation_aborted);
    if (j->error) co_return *j->error;
    if constexpr (std::is_void_v<typename work_job<OnlyReads, Work>::value_type>) {
        co_return boost::outcome_v2::success();
    } else {
        co_return std::move(*j->value);
    }
}

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_CALL_HPP
