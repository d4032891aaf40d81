// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_FAILURE_HPP
#define RONDO_REPOSITORY_POSTGRES_FAILURE_HPP

#include <rondo/error.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace rondo::postgres::detail {

/// How the work on the connection fails. It is caught on its thread, and becomes the error of its call.
class failure : public std::exception {
public:
    /// What may be done about it.
    enum class remedy {
        none,
        again, ///< nothing was done, and the same may well succeed if it is done again at once: a deadlock, say
        reconnect, ///< this connection is of no use any more: its server may only be read, say
    };

    explicit failure(errc why, std::string message = {}, remedy r = remedy::none)
        : why_(why), message_(std::move(message)), remedy_(r) {}

    [[nodiscard]] errc why() const noexcept { return why_; }
    [[nodiscard]] bool again() const noexcept { return remedy_ == remedy::again; }
    [[nodiscard]] bool wants_reconnect() const noexcept { return remedy_ == remedy::reconnect; }
    /// In the words of the server or of the client library; may be empty.
    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

private:
    errc why_;
    std::string message_;
    remedy remedy_;
};

/// What an SQLSTATE means to us (https://www.postgresql.org/docs/current/errcodes-appendix.html).
[[nodiscard]] errc meaning_of(std::string_view sqlstate) noexcept;

[[nodiscard]] failure::remedy remedy_for(std::string_view sqlstate) noexcept;

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_FAILURE_HPP
