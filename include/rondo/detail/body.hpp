// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_BODY_HPP
#define RONDO_DETAIL_BODY_HPP

#include <rondo/context.hpp>
#include <rondo/detail/task_payload.hpp>
#include <rondo/error.hpp>
#include <rondo/run.hpp>
#include <rondo/run_failure.hpp>
#include <rondo/user.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rondo::detail {

/// What a body left behind.
struct run_report {
    std::vector<task_result> results;
    bool failed = false;
    bool final = false; // whatever went wrong, it is not to be tried again
    std::string error;  // of the body as a whole
    error_code code;    // likewise
    std::exception_ptr thrown;
};

/// What few bodies have beside themselves.
struct body_extras {
    std::function<bool(const run_failure&)> retry_if;  ///< null: always
    std::function<void(const rondo::run&)> on_failure; ///< null: nobody wants to hear of it
    std::uint32_t users_in_flight = 1;                 ///< of the form for each user
};

/// A task's body, all forms made one.
class body : public task_payload {
public:
    /// Runs it once. What it throws passes through. `users` outlives the coroutine.
    virtual boost::asio::awaitable<void> run(context ctx, std::span<const user> users,
                                             run_report& report) = 0;
    /// Whether it wants to know its users.
    [[nodiscard]] virtual bool for_users() const noexcept = 0;

    /// Null: it has none.
    [[nodiscard]] const body_extras* extras() const noexcept { return extras_.get(); }
    [[nodiscard]] bool wants_to_be_asked() const noexcept { return extras_ && extras_->retry_if; }
    [[nodiscard]] std::uint32_t users_in_flight() const noexcept {
        return extras_ ? extras_->users_in_flight : 1;
    }
    [[nodiscard]] body_extras& made_extras() {
        if (extras_ == nullptr) extras_ = std::make_unique<body_extras>();
        return *extras_;
    }

private:
    std::unique_ptr<body_extras> extras_; // apart: there may be a million tasks that have none
};

using user_function = std::function<boost::asio::awaitable<result<std::string>>(context, user)>;

/// Calls `f` for each user, for `most` of them at a time. One user's failure does not stop the next; the end of
/// the run does.
[[nodiscard]] boost::asio::awaitable<void> run_users_beside(context ctx, std::span<const user> users,
                                                            std::uint32_t most, user_function f,
                                                            run_report& report);

/// The text of the exception in flight, for use in a catch block: its `what()`, or "unknown exception".
[[nodiscard]] std::string current_exception_text();

enum class body_form { none, all_users, each_user, context_result, context_void, plain_result, plain_void };

template <class F, class Result, class... Args>
concept body_returns = std::is_invocable_v<F&, Args...> &&
                       std::same_as<std::invoke_result_t<F&, Args...>, boost::asio::awaitable<Result>>;

template <class F>
consteval body_form form_of() {
    if constexpr (body_returns<F, std::vector<task_result>, context, std::span<const user>>)
        return body_form::all_users;
    else if constexpr (body_returns<F, result<std::string>, context, user>)
        return body_form::each_user;
    else if constexpr (body_returns<F, result<void>, context>)
        return body_form::context_result;
    else if constexpr (body_returns<F, void, context>)
        return body_form::context_void;
    else if constexpr (body_returns<F, result<void>>)
        return body_form::plain_result;
    else if constexpr (body_returns<F, void>)
        return body_form::plain_void;
    else
        return body_form::none;
}

/// Anything that can be a body: see `rondo::task`.
template <class F>
concept body_function = form_of<std::decay_t<F>>() != body_form::none;

template <class F>
class body_of final : public body {
public:
    explicit body_of(F f) : f_(std::move(f)) {}

    boost::asio::awaitable<void> run(context ctx, std::span<const user> users, run_report& report) override {
        constexpr body_form form = form_of<F>();
        if constexpr (form == body_form::all_users)
            return run_all(std::move(ctx), users, report);
        else if constexpr (form == body_form::each_user)
            return users_in_flight() == 1
                       ? run_each(std::move(ctx), users, report)
                       : run_users_beside(std::move(ctx), users, users_in_flight(), std::ref(f_), report);
        else if constexpr (form == body_form::context_result)
            return run_result(f_(std::move(ctx)), report);
        else if constexpr (form == body_form::context_void)
            return f_(std::move(ctx));
        else if constexpr (form == body_form::plain_result)
            return run_result(f_(), report);
        else
            return f_();
    }

    bool for_users() const noexcept override {
        return form_of<F>() == body_form::all_users || form_of<F>() == body_form::each_user;
    }

private:
    boost::asio::awaitable<void> run_all(context ctx, std::span<const user> users, run_report& report) {
        report.results = co_await f_(std::move(ctx), users);
    }

    // One user's failure does not stop the next; the end of the run does.
    boost::asio::awaitable<void> run_each(context ctx, std::span<const user> users, run_report& report) {
        cancellation_token token = ctx.token();
        for (const user& who : users) {
            if (token.is_cancelled()) break;
            std::string error;
            try {
                result<std::string> r = co_await f_(ctx, who);
                if (r)
                    report.results.emplace_back(who, std::move(r).value());
                else
                    error = r.error().message();
            } catch (...) {
                if (token.is_cancelled()) throw;
                error = current_exception_text();
            }
            if (!error.empty()) report.results.push_back(task_result::failure(who, std::move(error)));
        }
    }

    boost::asio::awaitable<void> run_result(boost::asio::awaitable<result<void>> inner, run_report& report) {
        result<void> r = co_await std::move(inner);
        if (r) co_return;
        report.failed = true;
        report.code = r.error();
        report.error = r.error().message();
    }

    F f_; // lives here, so that a coroutine of it may use its captures
};

/// Null if `f` is a null pointer or an empty `std::function`.
template <body_function F>
std::unique_ptr<body> make_body(F&& f) {
    using function = std::decay_t<F>; // a function becomes a pointer to it
    if constexpr (!std::is_function_v<std::remove_reference_t<F>> && requires { f == nullptr; })
        if (f == nullptr) return nullptr;
    return std::make_unique<body_of<function>>(std::forward<F>(f));
}

} // namespace rondo::detail

#endif // RONDO_DETAIL_BODY_HPP
