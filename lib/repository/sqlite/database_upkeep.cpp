// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/database.hpp>

#include <repository/sqlite/failure.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace rondo::sqlite::detail {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_with_errno() {
    switch (errno) {
    case ENOSPC:
    case EDQUOT: throw failure(errc::store_full);
    case EROFS: throw failure(errc::store_read_only);
    default: throw failure(errc::store_cannot_open);
    }
}

class descriptor {
public:
    descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
        if (fd_ < 0) fail_with_errno();
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() { ::close(fd_); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    void sync() const {
        if (::fsync(fd_) != 0) fail_with_errno();
    }

private:
    int fd_;
};

/// A file beside the one that it becomes when it is whole: gone, if it does not.
class unfinished_file {
public:
    explicit unfinished_file(std::string target) : target_(std::move(target)), path_(target_ + ".partial") {
        struct ::stat there;
        // What belonged to a database of this name would be taken for the log of this one.
        for (const char* suffix : {"", "-wal", "-journal", "-shm"})
            if (::lstat((target_ + suffix).c_str(), &there) == 0) throw failure(errc::store_cannot_open);
        // Of a copy that was cut short by a crash.
        for (const char* suffix : {"", "-wal", "-journal", "-shm"}) ::unlink((path_ + suffix).c_str());
        const descriptor made(path_,
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW); // for our eyes, until it is whole
        ours_ = true;
    }
    unfinished_file(const unfinished_file&) = delete;
    unfinished_file& operator=(const unfinished_file&) = delete;
    ~unfinished_file() {
        if (ours_) ::unlink(path_.c_str());
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// On the disk, with the permissions of the file at `like`, under its name, which nobody else has taken.
    void finish(const char* like) {
        {
            const descriptor whole(path_, O_RDWR | O_NOFOLLOW);
            struct ::stat original;
            if (::stat(like, &original) == 0) ::fchmod(whole.get(), original.st_mode & 0777);
            whole.sync();
        }
        if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
            if (errno != EINVAL && errno != ENOSYS) fail_with_errno(); // which know only how to replace
            if (::link(path_.c_str(), target_.c_str()) != 0) fail_with_errno();
            ::unlink(path_.c_str());
        }
        ours_ = false;
        // There are folders that cannot be synced, or not by us: then the name is on the disk a little later.
        const std::string folder = fs::path(target_).parent_path().string();
        const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) return;
        const bool broken = ::fsync(fd) != 0 && errno == EIO;
        ::close(fd);
        if (broken) throw failure(errc::store_failed);
    }

private:
    std::string target_;
    std::string path_;
    bool ours_ = false;
};

} // namespace

void database::copy_to(const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) throw failure(errc::store_cannot_open);
    const char* original = sqlite3_db_filename(db_.handle(), "main");
    const std::string target = fs::absolute(path).string(); // SQLite takes "file:" for the beginning of a URI
    std::error_code ignored;
    if (fs::equivalent(target + ".partial", original, ignored)) throw failure(errc::store_cannot_open);
    unfinished_file copy(target);
    execute("vacuum into ?1", std::string_view(copy.path()));
    copy.finish(original);
}

namespace {

bool has_cursor(cursor_pages& pages, connection& db, std::int64_t task) {
    try {
        return pages.find(db, task).has_value();
    } catch (const failure& f) {
        if (f.why() != errc::store_corrupt) throw;
        return false;
    }
}

bool is_sound(cursor_pages& pages, connection& db, std::int64_t row) {
    if (row < 0 || row > std::numeric_limits<std::int64_t>::max() / cursor_pages::page_size) return false;
    try {
        (void)pages.find(db, row * cursor_pages::page_size);
        return true;
    } catch (const failure& f) {
        if (f.why() != errc::store_corrupt) throw;
        return false;
    }
}

void look_for_damage(connection& db, std::size_t limit, std::vector<std::string>& found) {
    const std::string sql = "pragma integrity_check(" + std::to_string(limit) + ")";
    statement integrity(db.handle(), sql);
    for (query q(integrity); found.size() < limit && q.step();)
        if (q.text(0) != "ok") found.emplace_back(q.text(0));
    statement references(db.handle(), "pragma foreign_key_check");
    for (query q(references); found.size() < limit && q.step();)
        found.push_back("a row of table " + std::string(q.text(0)) + " belongs to none of table " +
                        std::string(q.text(2)));
    cursor_pages pages(1); // along them
    statement tasks(db.handle(), "select id, uid from task order by id");
    for (query q(tasks); found.size() < limit && q.step();)
        if (!has_cursor(pages, db, q.integer(0)))
            found.push_back("the cursor of task '" + std::string(q.text(1)) + "' is damaged or missing");
    statement rows(db.handle(), "select id from cursor_page order by id");
    for (query q(rows); found.size() < limit && q.step();)
        if (!is_sound(pages, db, q.integer(0)))
            found.push_back("row " + std::to_string(q.integer(0)) + " of table cursor_page is damaged");
}

} // namespace

std::vector<std::string> database::damage(std::size_t limit) {
    std::vector<std::string> found;
    try {
        look_for_damage(db_, limit, found);
    } catch (const failure& f) {
        // What is found says why the rest cannot be read.
        if (f.why() != errc::store_corrupt || found.empty()) throw;
    }
    return found;
}

} // namespace rondo::sqlite::detail
