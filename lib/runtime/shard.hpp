// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_SHARD_HPP
#define RONDO_RUNTIME_SHARD_HPP

#include <rondo/run.hpp>
#include <rondo/task.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace rondo::runtime {

/// What the engines of one manager have in common. Any thread.
class shard_ties {
public:
    shard_ties(std::size_t count, std::function<std::size_t(std::string_view)> of)
        : count_(count), of_(std::move(of)) {}

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// Which of them has the task of this uid.
    [[nodiscard]] std::size_t of(std::string_view uid) const noexcept {
        if (of_ == nullptr) {
            // Other bits of the hash than the index of an engine looks at, or it would fill unevenly.
            const std::uint64_t hash = std::hash<std::string_view>{}(uid) * 0xd6e8feb86659fd93u;
            return static_cast<std::size_t>((hash >> 32) * count_ >> 32);
        }
        try {
            return of_(uid) % count_;
        } catch (...) { // then for each who asks for this uid
            return 0;
        }
    }
    /// Which of them has made a run; of another life's any.
    [[nodiscard]] std::size_t of(const run_id& id) const noexcept {
        const auto made_by = static_cast<std::size_t>(id.low & 0xff);
        return made_by < count_ ? made_by : 0;
    }
    /// What makes ids that say so.
    [[nodiscard]] static std::uint64_t seed_of(std::size_t shard, std::uint64_t seed) noexcept {
        return seed << 8 | shard;
    }

    /// Whether the tasks of a group may be in this one: its first task was. For good.
    [[nodiscard]] bool claim(const std::string& group, std::size_t shard) {
        const std::lock_guard lock(mutex_);
        return groups_.emplace(group, shard).first->second == shard;
    }
    [[nodiscard]] std::size_t owner_of(const std::string& group) const {
        const std::lock_guard lock(mutex_);
        auto found = groups_.find(group);
        return found != groups_.end() ? found->second : 0;
    }

    /// The repository was started: by the first of them, for all.
    std::atomic<bool> running = false;

private:
    const std::size_t count_;
    const std::function<std::size_t(std::string_view)> of_;
    mutable std::mutex mutex_; // guards the next
    std::map<std::string, std::size_t> groups_;
};

/// Which of the engines of a manager one is.
struct shard {
    std::size_t index = 0;
    std::shared_ptr<shard_ties> ties = nullptr; ///< null: there is no other

    [[nodiscard]] bool first() const noexcept { return index == 0; }
    [[nodiscard]] bool started() const noexcept { return ties != nullptr && ties->running; }
    [[nodiscard]] bool has(std::string_view uid) const noexcept {
        return ties == nullptr || ties->of(uid) == index;
    }
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_SHARD_HPP
