// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_ERROR_HPP
#define RONDO_ERROR_HPP

#include <boost/outcome/boost_result.hpp>
#include <boost/outcome/try.hpp>
#include <boost/system/error_code.hpp>

#include <type_traits>

namespace rondo {

using boost::system::error_code;

/// What can go wrong, each with a message (`make_error_code(e).message()`).
///
/// `boost::asio::error::operation_aborted` is the one foreign code that operations complete with,
/// and only when their caller cancelled them.
enum class errc {
    /// A live task has this uid.
    task_exists = 1,
    /// No live task has this uid.
    task_not_exists,
    /// No run has this id, or it is no longer held in memory.
    run_not_exists,
    /// The overlap policy allows no further run of this task now.
    already_running,
    /// No group has this name.
    group_not_exists,
    /// Too many manual runs wait for a free place.
    queue_full,
    /// The schedule can never be obeyed: an interval that is zero, negative or beyond 100 years; an instant
    /// outside the years 1 to 9999.
    invalid_schedule,
    /// The task would follow itself (`after`), directly or through others.
    cyclic_schedule,
    /// The uid is empty, longer than `uid_size_max` bytes, or holds a control character.
    invalid_uid,
    /// The name is longer than `name_size_max` bytes.
    invalid_name,
    /// The body is a null function.
    invalid_body,
    /// An option is out of its range: a timeout that is not positive, say.
    invalid_option,
    /// `async_start` has not completed.
    not_started,
    /// `async_start` was called before.
    already_started,
    /// The manager shuts down, or has.
    shutting_down,
    /// The stream was closed by its reader or by the end of its manager.
    stream_closed,
    /// The repository failed, and said no more.
    store_failed,
    /// The repository did not answer in time; whether it did the work is unknown.
    store_timeout,
    /// Another process holds the store.
    store_locked,
    /// The store cannot be written.
    store_read_only,
    /// The store has no room left.
    store_full,
    /// The store is damaged.
    store_corrupt,
    /// The file, or the schema, is not a rondo database.
    store_foreign,
    /// The store was written by a newer rondo.
    store_too_new,
    /// The store cannot be opened: no such folder or server, or no permission.
    store_cannot_open,
    /// The store was written by an older rondo, and was not to be changed.
    store_too_old,
    /// The store may lose what it has acknowledged.
    store_unsafe,
};

/// The category of `errc`, named "rondo".
[[nodiscard]] const boost::system::error_category& error_category() noexcept;

/// Found by argument-dependent lookup, so that an `errc` converts to an `error_code`.
[[nodiscard]] error_code make_error_code(errc e) noexcept;

/// A value or an `error_code`. `value()` on an error throws `boost::system::system_error`.
template <class T>
using result = boost::outcome_v2::boost_result<T>;

} // namespace rondo

template <>
struct boost::system::is_error_code_enum<rondo::errc> : std::true_type {};

#endif // RONDO_ERROR_HPP
