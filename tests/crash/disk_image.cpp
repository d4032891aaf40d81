// SPDX-License-Identifier: BSL-1.0
#include <crash/disk_image.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace rondo::crash {
namespace {

void put(std::string& file, std::int64_t offset, std::string_view bytes) {
    const auto at = static_cast<std::size_t>(offset);
    if (file.size() < at + bytes.size()) file.resize(at + bytes.size());
    std::memcpy(file.data() + at, bytes.data(), bytes.size());
}

} // namespace

disk_image::disk_image(const std::string& path) : named_(std::filesystem::exists(path)) {
    std::ifstream file(path, std::ios::binary);
    synced_.assign(std::istreambuf_iterator<char>(file), {});
    size_ = static_cast<std::int64_t>(synced_.size());
}

void disk_image::write(std::int64_t offset, const char* bytes, std::int64_t size) {
    since_.push_back({offset, std::string(bytes, static_cast<std::size_t>(size)), false});
    size_ = std::max(size_, offset + size);
}

void disk_image::truncate(std::int64_t size) {
    since_.push_back({size, {}, true});
    size_ = size;
}

void disk_image::sync() {
    for (const change& c : since_) {
        if (c.cuts)
            synced_.resize(static_cast<std::size_t>(c.offset));
        else
            put(synced_, c.offset, c.bytes);
    }
    since_.clear();
    named_ = true; // SQLite syncs the folder of a file that it has made
}

void disk_image::lose_power(const std::string& path, dice& d) const {
    if (!named_ && d.one_in(2)) {
        std::filesystem::remove(path);
        return;
    }
    // Of ten pieces none, some, most or all arrive.
    const std::uint64_t arrive = d.any_of(std::array<std::uint64_t, 5>{0, 2, 5, 9, 10});
    std::string file = synced_;
    for (const change& c : since_) {
        if (c.cuts) {
            if (d.below(10) < arrive) file.resize(static_cast<std::size_t>(c.offset));
            continue;
        }
        const auto end = c.offset + static_cast<std::int64_t>(c.bytes.size());
        for (std::int64_t from = c.offset; from < end;) {
            const std::int64_t to = std::min(end, (from / sector + 1) * sector);
            const auto at = static_cast<std::size_t>(from - c.offset);
            if (d.below(10) < arrive)
                put(file, from, std::string_view(c.bytes).substr(at, static_cast<std::size_t>(to - from)));
            from = to;
        }
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << file;
}

} // namespace rondo::crash
