// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/lock_file.hpp>

#include <repository/sqlite/failure.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
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

constexpr std::size_t note_size_max = 1024;

std::string host_name() {
    char name[256] = "";
    if (::gethostname(name, sizeof(name) - 1) != 0) return "";
    return name;
}

std::string program_name() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).filename().string();
}

/// A line each: the process, the host, the program.
void note_owner(int descriptor) noexcept {
    try {
        std::string text = std::to_string(::getpid()) + "\n" + host_name() + "\n" + program_name() + "\n";
        if (text.size() > note_size_max) text.resize(note_size_max);
        // For people. A disk that is full, say, is no reason to refuse.
        if (::ftruncate(descriptor, 0) != 0) return;
        [[maybe_unused]] const auto written = ::pwrite(descriptor, text.data(), text.size(), 0);
    } catch (const std::exception&) { // no memory
    }
}

/// When it was last written, or touched; nothing if it is new.
moment last_touched(int descriptor) noexcept {
    struct stat s{};
    if (::fstat(descriptor, &s) != 0 || s.st_size == 0) return {};
    const auto since = std::chrono::seconds(s.st_mtim.tv_sec) + std::chrono::nanoseconds(s.st_mtim.tv_nsec);
    return wall_time(std::chrono::duration_cast<wall_time::duration>(since));
}

void set_touched(int descriptor, wall_time when) noexcept {
    const auto since = when.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    const auto part = std::chrono::nanoseconds(since - whole);
    const timespec t{static_cast<std::time_t>(whole.count()), static_cast<long>(part.count())};
    const timespec both[] = {t, t};
    [[maybe_unused]] const int done = ::futimens(descriptor, both);
}

/// Takes the next line off.
std::string next_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
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
    alive_ = last_touched(mine.descriptor_);
    note_owner(mine.descriptor_);
    if (alive_) set_touched(mine.descriptor_, *alive_); // it shows no sign of life yet
    std::swap(descriptor_, mine.descriptor_);
}

// It need not be on the disk: a process that dies takes nothing of that with it.
void lock_file::beat() noexcept {
    [[maybe_unused]] const int done = ::futimens(descriptor_, nullptr);
}

std::optional<lock_holder> read_holder(const std::string& path) {
    const int descriptor = ::open(lock_path(path).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    char note[note_size_max];
    const auto size = ::pread(descriptor, note, sizeof(note), 0);
    ::close(descriptor);
    if (size <= 0) return std::nullopt;
    std::string_view text(note, static_cast<std::size_t>(size));
    lock_holder h;
    const std::string number = next_line(text);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), h.process);
    if (read.ec != std::errc() || read.ptr != number.data() + number.size() || h.process <= 0)
        return std::nullopt;
    h.host = next_line(text);
    h.program = next_line(text);
    return h;
}

lock_file::lock_file(lock_file&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), alive_(other.alive_) {}

lock_file& lock_file::operator=(lock_file other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(alive_, other.alive_);
    return *this;
}

lock_file::~lock_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

} // namespace rondo::sqlite::detail
