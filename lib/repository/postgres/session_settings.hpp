// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_SESSION_SETTINGS_HPP
#define RONDO_REPOSITORY_POSTGRES_SESSION_SETTINGS_HPP

#include <repository/postgres/batch.hpp>

#include <chrono>

namespace rondo::postgres::detail {

/// What the server does with statements of ours: gives them up before we do, so that we hear of it; plans them for
/// tables that are large, as they will be, whatever they are when it plans. For the transaction alone, or for all that
/// follow it.
[[nodiscard]] batch::statement session_settings(std::chrono::milliseconds operation_timeout,
                                                bool of_transaction);

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_SESSION_SETTINGS_HPP
