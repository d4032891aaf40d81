// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_OPEN_NAME_HPP
#define RONDO_REPOSITORY_SQLITE_OPEN_NAME_HPP

#include <optional>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace rondo::sqlite::detail {

/// The name of a file that is open, by which others may delete or replace it.
class open_name {
public:
    open_name() = default; // of a file without one
    explicit open_name(std::string path) : path_(std::move(path)), file_(file_at(path_)) {}

    /// Whether the file that it led to at first is there.
    [[nodiscard]] bool leads_to_it() const noexcept { return !file_ || file_at(path_) == file_; }

private:
    using identity = std::pair<dev_t, ino_t>;

    static std::optional<identity> file_at(const std::string& path) noexcept {
        struct stat s{};
        if (::stat(path.c_str(), &s) != 0) return std::nullopt;
        return identity(s.st_dev, s.st_ino);
    }

    std::string path_;
    std::optional<identity> file_; // nothing: it has no name
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_OPEN_NAME_HPP
