// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_FAULTY_DISK_HPP
#define RONDO_TESTS_CRASH_FAULTY_DISK_HPP

#include <crash/disk_image.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace rondo::crash {

/// A disk for SQLite, over that of this machine, that fails when it is told. While it lives, each database
/// that this process opens is on it; there is one at a time. A change is a write, a truncation or a sync of
/// a database or its log.
class faulty_disk {
public:
    faulty_disk();
    faulty_disk(const faulty_disk&) = delete;
    faulty_disk& operator=(const faulty_disk&) = delete;
    ~faulty_disk();

    /// The process is killed in the midst of the change of this number, counted from 1.
    void kill_at(std::uint64_t change);
    /// The machine loses its power in the midst of it: of what was not synced, the dice leave some; and the
    /// process ends.
    void lose_power_at(std::uint64_t change, std::uint64_t seed);
    /// How many bytes there is room for, in all files together. What is there stays.
    void room(std::int64_t bytes);
    /// From now on syncs fail with this error of the system, or do not: 0.
    void fail_syncs(int error);
    /// How many bytes are there.
    [[nodiscard]] std::int64_t used();
    /// How many writes found no room.
    [[nodiscard]] std::uint64_t refused();

private:
    friend struct disk_file;
    friend struct disk_calls;

    enum class does : std::uint8_t { nothing, kill, lose_power };

    /// Counts a change. Does not return if it is the last.
    void on_change(disk_image& image, sqlite3_file* inner, const char* bytes, int size, std::int64_t offset);
    [[nodiscard]] bool has_room(const disk_image& image, std::int64_t end);
    [[noreturn]] void lose_power();

    sqlite3_vfs* inner_;
    sqlite3_vfs shim_{};
    std::mutex mutex_; // guards all below
    std::map<std::string, std::shared_ptr<disk_image>> images_;
    std::uint64_t changes_ = 0;
    std::uint64_t last_change_ = 0;
    does at_last_ = does::nothing;
    dice dice_{0};
    std::int64_t room_ = std::numeric_limits<std::int64_t>::max();
    std::uint64_t refused_ = 0;
    int sync_error_ = 0;
};

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_FAULTY_DISK_HPP
