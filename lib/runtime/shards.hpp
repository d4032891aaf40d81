// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_SHARDS_HPP
#define RONDO_RUNTIME_SHARDS_HPP

#include <rondo/manager.hpp>

#include <runtime/engine.hpp>
#include <runtime/shard.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace rondo::runtime {

/// The engines of one manager. Most have one. Of several each has the tasks whose uids are its, on a strand of its
/// own, and knows nothing of the others but what `shard_ties` says. Any thread.
class shards {
public:
    using engine_ptr = std::shared_ptr<engine>;

    shards(const boost::asio::any_io_executor& executor, const std::shared_ptr<rondo::repository>& repository,
           const manager_options& options);
    void enlist();
    void leave();

    [[nodiscard]] const engine_ptr& first() const noexcept { return all_.front(); }
    [[nodiscard]] const std::vector<engine_ptr>& all() const noexcept { return all_; }
    [[nodiscard]] bool alone() const noexcept { return all_.size() == 1; }
    [[nodiscard]] std::size_t index_of(std::string_view uid) const noexcept {
        return ties_ == nullptr ? 0 : ties_->of(uid);
    }
    [[nodiscard]] const engine_ptr& of(std::string_view uid) const noexcept { return all_[index_of(uid)]; }
    [[nodiscard]] const engine_ptr& of(const run_id& id) const noexcept {
        return all_[ties_ == nullptr ? 0 : ties_->of(id)];
    }

    /// While it lives, nobody else takes something to all of them: they hear of all such things in one order.
    [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }

    [[nodiscard]] std::vector<stat> stats(bool with_hidden) const;
    [[nodiscard]] manager_stat state() const;
    [[nodiscard]] std::vector<group_stat> groups() const;
    [[nodiscard]] std::shared_ptr<detail::event_queue> subscribe(std::size_t capacity);

private:
    std::shared_ptr<shard_ties> ties_; // null: there is one
    std::vector<engine_ptr> all_;
    std::mutex mutex_;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_SHARDS_HPP
