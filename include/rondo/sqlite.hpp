// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_SQLITE_HPP
#define RONDO_SQLITE_HPP

#include <rondo/repository.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rondo::sqlite {

/// What survives what. Either way the file stays sound, and loses nothing by kill -9.
enum class durability {
    /// Each commit is synced to the disk before its call completes (SQLite's `synchronous=FULL`): a loss of
    /// power takes nothing that a call has acknowledged.
    full,
    /// Commits are synced 4,000 pages at a time (`synchronous=NORMAL`), which is many times faster. A loss
    /// of power takes the last of them, never an earlier one and not a later one: runs that were on record are
    /// not, and their slots run again.
    normal,
};

/// The most of `options::busy_poll`.
inline constexpr std::chrono::microseconds busy_poll_max = std::chrono::milliseconds(10);

struct options {
    sqlite::durability durability = sqlite::durability::full;
    /// How long to wait for another process that holds the file; then `errc::store_locked`.
    std::chrono::milliseconds lock_wait{0};
    /// How long the database thread looks for the next call, and the loop of a manager for the answer to one that
    /// records runs, before they go to sleep: what `SO_BUSY_POLL` is to sockets. To wake a thread can take as long as to
    /// commit; this takes it out of each run's way, and takes up to so much time of two processors in return. The loop
    /// does all else that there is to do meanwhile; but `io_context::poll` does not return before the answer does, or
    /// the time is over. Of no use where there is one processor, and worse than none where others want both.
    ///
    /// Set: always, for so long. 0 to `busy_poll_max`, others are `errc::invalid_option`; 0: never. Where several
    /// threads run the loop, each look wakes another of them.
    /// Not set: while all wait for the store. The database thread looks for 200 us at most, if the last 8 times it was
    /// called within 200 us of its answers; the loop for 1 ms at most, if these 8 took no longer than that, too. The
    /// first that is later ends it. Not where the thread that opens it may use one processor only, nor by the database
    /// thread while it shares one with the loop; nor in the loop if several threads have run it. Set 0 if you call `poll` in a loop of your own, or have a quota of processor time.
    std::optional<std::chrono::microseconds> busy_poll;
};

/// The most that `database::find_damage` tells.
inline constexpr std::size_t damage_limit_max = 10'000;

/// A repository in an open file, which can be copied and looked over while it is in use. What is here takes time in
/// proportion to the file, on a thread of its own, one call after the other; runs go on being recorded, but the log
/// beside the file (`-wal`) grows meanwhile. Not for `:memory:` (`errc::store_failed`). Cancellation: the call ends
/// at once, and the work soon after, but for `find_damage` only when it is through the table that it is at. The same if
/// the repository is destroyed, which waits for the work to end.
class database : public repository {
public:
    /// Writes all that is on record at one moment of the call into a new file at `path`, which appears there whole,
    /// on the disk, and with the permissions of the original, or not at all. It needs no log, and takes no more
    /// room than it must. A file of that name with `.partial` behind it is overwritten.
    ///
    /// Errors: `errc::store_cannot_open` (something is there already, be it the log of another; or it cannot be created), `store_full`,
    /// `store_read_only`, `store_corrupt` (nothing was written), `store_failed`.
    [[nodiscard]] virtual awaitable<void> back_up(std::string path) = 0;

    /// What is wrong with the file, in SQLite's words, and whose cursors cannot be read, at most `limit` things (1 to `damage_limit_max`, others are
    /// `errc::invalid_option`). None: it is sound. Reads all of it. Errors: as those of `back_up`; with
    /// `errc::store_corrupt` it is damaged so that it cannot even be looked over.
    [[nodiscard]] virtual awaitable<std::vector<std::string>> find_damage(std::size_t limit) = 0;
};

/// Who has a database open, as it said itself when it opened it.
struct lock_holder {
    std::int64_t process = 0; ///< its id, on `host`
    std::string host;
    std::string program; ///< the name of its file
};

/// Who holds this database, or held it last; nothing: nobody ever did, or its lock says nothing that makes sense.
/// For the message to people when `open` fails with `errc::store_locked`. Blocks for a file to be read.
[[nodiscard]] std::optional<lock_holder> holder_of(const std::string& path);

/// Opens or creates a database file, with a thread of its own that does all the work; it is joined by
/// the destructor. Requires `librondo-sqlite`. One process at a time: the file is locked (`holder_of`).
/// If somebody deletes or replaces the file, calls fail with `errc::store_cannot_open` until it is back.
///
/// Errors: `errc::invalid_option`, `store_cannot_open`, `store_locked`, `store_read_only`, `store_corrupt`,
/// `store_foreign`, `store_too_new`, `store_full`. Blocks while it opens and migrates.
[[nodiscard]] result<std::shared_ptr<database>> open(const std::string& path, options opt = {});

} // namespace rondo::sqlite

#endif // RONDO_SQLITE_HPP
