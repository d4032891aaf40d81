// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_COMPLETION_HPP
#define RONDO_DETAIL_COMPLETION_HPP

#include <rondo/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

namespace rondo::detail {

/// What every asynchronous operation completes with, its type erased so that the library is compiled
/// once. Keeps the handler's executor, allocator and cancellation slot.
template <class T>
using completion = boost::asio::any_completion_handler<void(result<T>)>;

/// Any completion token for the same.
template <class Token, class T>
concept token_for = boost::asio::completion_token_for<Token, void(result<T>)>;

} // namespace rondo::detail

#endif // RONDO_DETAIL_COMPLETION_HPP
