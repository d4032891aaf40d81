// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_POSTGRES_HPP
#define RONDO_POSTGRES_HPP

#include <rondo/log.hpp>
#include <rondo/repository.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace rondo::postgres {

struct options {
    /// Where the tables are. 1 to 63 bytes; quoted, so any letters count as they are.
    std::string schema = "rondo";
    /// Makes the schema and its tables, or brings those of an earlier version up to this one, under a lock, so that
    /// several may try at once. Otherwise calls fail with `errc::store_foreign` where there are none, and with
    /// `errc::store_too_old` where they are of an earlier version.
    bool migrate = false;
    /// When a round trip is given up, and the connection with it: whether the server did the work is unknown then
    /// (`errc::store_timeout`). The server gives up each statement after 4/5 of it (`statement_timeout`), and each wait
    /// for a lock after half. The start of a manager looks at all tasks that there are in one. 1 ms to 1 hour.
    std::chrono::milliseconds operation_timeout = std::chrono::seconds(5);
    /// When an attempt to connect to one address is given up, or the look-up of one name; then the next is tried. It takes
    /// the place of the one in the connection string. 1 ms to 1 hour.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
    /// How long it waits at most before it tries again to connect. It waits for a random time, at most 50 ms after the
    /// first attempt that failed, and at most twice as long after each further one. 50 ms to 1 hour.
    std::chrono::milliseconds reconnect_max = std::chrono::seconds(2);
    /// Statements are parsed and planned once for each connection. Behind a pooler that hands a connection to others
    /// between transactions, and knows nothing of prepared statements, it must be false; then each transaction brings its
    /// settings with it, and what other managers do is seen within a second, where it is heard of at once else (`LISTEN`).
    bool prepare = true;
    /// Connects to a server that may lose what it has acknowledged (`fsync` or `full_page_writes` is off, or
    /// `synchronous_commit` is off or local), so that after a crash of it slots may run twice. Otherwise calls fail
    /// with `errc::store_unsafe`.
    bool unsafe_server = false;
    /// For how long a manager is trusted with a run without being heard of. 0: one manager at a time, which takes all
    /// over when it starts. Otherwise several may share the schema, all with the same (`repository::is_shared`): each
    /// run is held by a lease, which the thread of the repository renews after a third of this, whatever the loop of the
    /// manager does. A run that could not be renewed for four fifths of it is lost to its manager
    /// (`task::on_lease_lost`); one whose lease has run out is ended as `abandoned` by whoever sees it first, after a
    /// second at most, and may then be run again (`task::on_abandoned`). 100 ms to 1 hour, and at least
    /// `operation_timeout` x 10 / 3, so that one renewal may fail. Shorter than some seconds it finds processes dead that
    /// the system has only put aside.
    std::chrono::milliseconds lease{0};
    /// Takes the log: that the server cannot be reached, and why, in its own words; that it is there again; which
    /// statements fail. Called on the thread of the repository.
    log_sink log = stderr_log();
};

/// A repository in a PostgreSQL database, version 13 or later, of encoding UTF-8, with a thread of its own that does all
/// the work; it is joined by the destructor, which waits for all calls that it was given, each of which is done or given
/// up as above, and for the look-up of a name that is under way. Requires `librondo-postgres`. Without
/// `options::lease` one manager at a time: with its `start` a manager takes the tasks over from any other.
///
/// `connection_string`: `postgresql://user@host:port/database?sslmode=verify-full`, or `host=… dbname=…`, as libpq takes
/// them (https://www.postgresql.org/docs/current/libpq-connect.html), with its environment variables. Names of hosts
/// are looked up without blocking, unless a service file has them. All hosts and all of their addresses are tried, one
/// after the other. One is wanted that can be written to, unless the string has another `target_session_attrs`.
///
/// Errors: `errc::invalid_option`, `store_failed` (no thread to be had, or no descriptor). It does not wait for the
/// server: whether that can be reached, the first call tells. While it cannot, calls fail, with
/// `errc::store_cannot_open` mostly, and the repository goes on trying.
///
/// Texts that are not UTF-8, or have a NUL, are stored with escapes: `decode(uid, 'escape')` gives their bytes.
[[nodiscard]] result<std::shared_ptr<repository>> open(const std::string& connection_string,
                                                       options opt = {});

} // namespace rondo::postgres

#endif // RONDO_POSTGRES_HPP
