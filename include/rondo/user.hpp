// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_USER_HPP
#define RONDO_USER_HPP

#include <compare>
#include <string>
#include <utility>

namespace rondo {

/// Whom a run is for. The application gives the id its meaning: an account, a tenant, an endpoint.
class user {
public:
    explicit user(std::string id) : id_(std::move(id)) {}

    /// 1 to 1,024 bytes; a repository refuses others.
    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    friend bool operator==(const user&, const user&) = default;
    friend auto operator<=>(const user&, const user&) = default;

private:
    std::string id_;
};

/// What a body reports for one user: a message, or an error.
class task_result {
public:
    /// It went well; `message` may be empty.
    explicit task_result(rondo::user who, std::string message = {})
        : user_(std::move(who)), message_(std::move(message)) {}

    /// It went wrong. An empty `error` is stored as "failed".
    [[nodiscard]] static task_result failure(rondo::user who, std::string error) {
        task_result r(std::move(who));
        r.error_ = error.empty() ? std::string("failed") : std::move(error);
        return r;
    }

    [[nodiscard]] const rondo::user& user() const noexcept { return user_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    /// Empty if it went well.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    [[nodiscard]] bool failed() const noexcept { return !error_.empty(); }

    friend bool operator==(const task_result&, const task_result&) = default;

private:
    rondo::user user_;
    std::string message_;
    std::string error_;
};

} // namespace rondo

#endif // RONDO_USER_HPP
