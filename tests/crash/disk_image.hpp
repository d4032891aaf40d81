// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_DISK_IMAGE_HPP
#define RONDO_TESTS_CRASH_DISK_IMAGE_HPP

#include <crash/dice.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::crash {

/// One file as a disk has it: what was synced, and what was written since, of which a loss of power leaves
/// some. Pieces of a sector reach the disk whole or not at all, and in any order.
class disk_image {
public:
    static constexpr std::int64_t sector = 512;

    /// A file that is there counts as synced.
    explicit disk_image(const std::string& path);

    void write(std::int64_t offset, const char* bytes, std::int64_t size);
    void truncate(std::int64_t size);
    void sync();

    /// Where the file ends for who reads it.
    [[nodiscard]] std::int64_t size() const noexcept { return size_; }
    [[nodiscard]] bool in_doubt() const noexcept { return !since_.empty() || !named_; }

    /// The power is lost: leaves at `path` what the dice leave of it.
    void lose_power(const std::string& path, dice& d) const;

private:
    struct change {
        std::int64_t offset = 0;
        std::string bytes;
        bool cuts = false; ///< the file ends at `offset`
    };

    std::string synced_;
    std::vector<change> since_;
    std::int64_t size_ = 0;
    bool named_ = false; ///< its name is on the disk, too
};

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_DISK_IMAGE_HPP
