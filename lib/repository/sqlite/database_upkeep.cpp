// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/database.hpp>

#include <repository/sqlite/failure.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
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
        if (::lstat(target_.c_str(), &there) == 0) throw failure(errc::store_cannot_open);
        ::unlink(path_.c_str()); // of a copy that was cut short by a crash
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
            if (errno != EINVAL) fail_with_errno(); // a file system that knows only how to replace
            if (::link(path_.c_str(), target_.c_str()) != 0) fail_with_errno();
            ::unlink(path_.c_str());
        }
        ours_ = false;
        const fs::path folder = fs::path(target_).parent_path();
        descriptor(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY).sync();
    }

private:
    std::string target_;
    std::string path_;
    bool ours_ = false;
};

} // namespace

void database::copy_to(const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) throw failure(errc::store_cannot_open);
    unfinished_file copy(path);
    execute("vacuum into ?1", std::string_view(copy.path()));
    copy.finish(sqlite3_db_filename(db_.handle(), "main"));
}

std::vector<std::string> database::damage(std::size_t limit) {
    std::vector<std::string> found;
    const std::string sql = "pragma integrity_check(" + std::to_string(limit) + ")";
    statement s(db_.handle(), sql);
    for (query q(s); found.size() < limit && q.step();)
        if (q.text(0) != "ok") found.emplace_back(q.text(0));
    statement references(db_.handle(), "pragma foreign_key_check");
    for (query q(references); found.size() < limit && q.step();)
        found.push_back("a row of table " + std::string(q.text(0)) + " belongs to none of table " +
                        std::string(q.text(2)));
    return found;
}

} // namespace rondo::sqlite::detail
