// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/lock_file.hpp>

#include <repository/sqlite/failure.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rondo::sqlite::detail {
namespace {

constexpr std::chrono::milliseconds poll_interval{10}; // flock has no timeout

/// Two names of one file must lead to one lock.
std::string lock_path(const std::string& path) {
    std::error_code ignored;
    const auto canonical = std::filesystem::weakly_canonical(path, ignored);
    return (ignored ? path : canonical.string()) + ".lock";
}

errc why_not(const std::string& path, int error) {
    std::error_code ignored;
    if (error == EROFS) return errc::store_read_only;
    if (error == ENOSPC || error == EDQUOT) return errc::store_full;
    // The database is there, but its folder cannot be written: neither can it.
    const bool denied = error == EACCES || error == EPERM;
    return denied && std::filesystem::exists(path, ignored) ? errc::store_read_only : errc::store_cannot_open;
}

void note_owner(int descriptor) noexcept {
    const std::string text = std::to_string(::getpid()) + "\n";
    // For people. A disk that is full, say, is no reason to refuse.
    if (::ftruncate(descriptor, 0) == 0) {
        [[maybe_unused]] const auto written = ::write(descriptor, text.data(), text.size());
    }
}

} // namespace

lock_file::lock_file(const std::string& path, std::chrono::milliseconds wait,
                     const std::function<void()>& on_busy) {
    constexpr std::chrono::milliseconds for_ever = std::chrono::years(100); // which can be added to a time
    const auto until = std::chrono::steady_clock::now() + std::min(wait, for_ever);
    lock_file mine; // closes the descriptor if we throw
    mine.descriptor_ = ::open(lock_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (mine.descriptor_ < 0) throw failure(why_not(path, errno));
    for (bool waited = false; ::flock(mine.descriptor_, LOCK_EX | LOCK_NB) != 0; waited = true) {
        if (errno != EWOULDBLOCK && errno != EINTR) throw failure(errc::store_cannot_open);
        const auto left = until - std::chrono::steady_clock::now();
        if (left <= left.zero()) throw failure(errc::store_locked);
        if (!waited && on_busy) on_busy();
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, poll_interval));
    }
    note_owner(mine.descriptor_);
    std::swap(descriptor_, mine.descriptor_);
}

lock_file::lock_file(lock_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

lock_file& lock_file::operator=(lock_file other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

lock_file::~lock_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

} // namespace rondo::sqlite::detail
