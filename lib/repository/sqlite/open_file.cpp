// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/open_file.hpp>

#include <repository/sqlite/failure.hpp>
#include <repository/sqlite/lock_file.hpp>
#include <repository/sqlite/sqlite_repository.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace rondo::sqlite::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t checked_size_max = 64 << 20; // beyond it a check would take seconds

std::uintmax_t size_or_zero(const fs::path& path) noexcept {
    std::error_code ec;
    const auto size = fs::file_size(path, ec);
    return ec ? 0 : size;
}

/// Whether it is a file of another kind, which SQLite takes for a damaged one: most of its head is another. A database
/// that lost its head may begin with zeros. Not to be asked of one that somebody in this process has open, whose locks would be gone.
bool is_something_else(const std::string& path) {
    constexpr std::string_view magic("SQLite format 3", 16); // with the zero behind it
    char head[magic.size()] = {};
    std::ifstream file(path, std::ios::binary);
    file.read(head, sizeof(head));
    const std::string_view found(head, static_cast<std::size_t>(file.gcount()));
    std::size_t alike = 0;
    for (std::size_t i = 0; i != found.size(); ++i) alike += found[i] == magic[i] ? 1 : 0;
    return 2 * alike < found.size() && found.find_first_not_of('\0') != std::string_view::npos;
}

/// SQLite takes an empty path for a file without a name, and a device for a file.
void check_path(const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) throw failure(errc::store_cannot_open);
    std::error_code ignored;
    const auto status = fs::status(path, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status)) throw failure(errc::store_cannot_open);
}

/// Nothing is written before we know that the file is ours.
database prepare(const std::string& path, const options& opt, const seams& s) {
    // A log that was not merged tells that the last owner did not end well. SQLite merges it when the
    // file is read, so look first.
    const bool unclean = size_or_zero(path + "-wal") > 0 && size_or_zero(path) <= checked_size_max;
    connection db(path);
    if (db.read_only()) throw failure(errc::store_read_only); // reading a log may need to write, too
    identify(db, s.steps);
    if (unclean && !is_sound(db)) throw failure(errc::store_corrupt);
    db.configure(opt.durability);
    migrate(db, s.steps);
    check_tables(db);
    return database(std::move(db));
}

database prepare_or_say_why_not(const std::string& path, const options& opt, const seams& s) {
    try {
        return prepare(path, opt, s);
    } catch (const failure& e) {
        if (e.why() == errc::store_corrupt && is_something_else(path)) throw failure(errc::store_foreign);
        throw;
    }
}

} // namespace

result<std::shared_ptr<sqlite::database>> open_file(const std::string& name, options opt, seams s) {
    if (opt.busy_poll && (*opt.busy_poll < std::chrono::microseconds(0) || *opt.busy_poll > busy_poll_max))
        return errc::invalid_option;
    try {
        std::unique_ptr<lock_file> lock;
        std::string path = name;
        if (path != ":memory:") {
            check_path(path);
            // The process may go elsewhere meanwhile; and SQLite takes "file:" for the beginning of a URI.
            path = fs::absolute(path).string();
            lock = std::make_unique<lock_file>(path, opt.lock_wait, s.on_lock_busy);
        }
        database db = prepare_or_say_why_not(path, opt, s);
        const auto opened =
            std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
        if (lock != nullptr) db.last_alive(lock->last_owner_alive(), opened);
        const auto file = lock != nullptr ? open_name(path) : open_name();
        auto w = std::make_shared<writer>(std::move(db), file, lock.get(), std::move(s), opt.busy_poll);
        auto reader = lock != nullptr ? std::make_shared<side_reader>(path, file) : nullptr;
        return std::shared_ptr<sqlite::database>(
            std::make_shared<sqlite_repository>(std::move(w), std::move(reader), std::move(lock)));
    } catch (const failure& e) {
        return e.why();
    } catch (const std::system_error&) { // no thread to be had
        return errc::store_failed;
    }
}

} // namespace rondo::sqlite::detail

namespace rondo::sqlite {

std::optional<lock_holder> holder_of(const std::string& path) {
    return detail::read_holder(path);
}

result<std::shared_ptr<database>> open(const std::string& path, options opt) {
    return detail::open_file(path, opt, detail::seams());
}

} // namespace rondo::sqlite
