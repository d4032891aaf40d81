// SPDX-License-Identifier: BSL-1.0
#include <runtime/shards.hpp>

#include <algorithm>
#include <utility>

namespace rondo::runtime {
namespace {

// What each of so many may have, for all to have that much at least.
std::size_t part_of(std::size_t whole, std::size_t count) noexcept {
    return whole / count + (whole % count != 0 ? 1 : 0);
}

} // namespace

shards::shards(const boost::asio::any_io_executor& executor,
               const std::shared_ptr<rondo::repository>& repository, const manager_options& options) {
    const std::size_t count = std::clamp<std::size_t>(options.shards, 1, shards_max);
    if (count > 1) ties_ = std::make_shared<shard_ties>(count, options.shard_of);
    all_.reserve(count);
    for (std::size_t i = 0; i != count; ++i) {
        manager_options own = options;
        own.runs_waiting_max = part_of(options.runs_waiting_max, count);
        own.outbox_max = part_of(options.outbox_max, count);
        if (i != 0) own.retention = {}; // the first forgets for all
        all_.push_back(
            std::make_shared<engine>(executor, repository, std::move(own), host(), shard{i, ties_}));
    }
}

void shards::enlist() {
    for (const engine_ptr& e : all_) e->enlist();
}

void shards::leave() {
    for (const engine_ptr& e : all_) e->leave();
}

std::vector<stat> shards::stats(bool with_hidden) const {
    std::vector<stat> all;
    for (const engine_ptr& e : all_) e->stats(with_hidden, all);
    std::ranges::sort(all, [](const stat& a, const stat& b) {
        if (a.next_run.has_value() != b.next_run.has_value()) return a.next_run.has_value();
        if (a.next_run != b.next_run) return *a.next_run < *b.next_run;
        return a.uid < b.uid;
    });
    return all;
}

manager_stat shards::state() const {
    manager_stat s = first()->state(); // which counts what all have: pauses and readers
    auto join = [](lateness& a, const lateness& b) {
        a = {std::max(a.last, b.last), std::max(a.max, b.max)};
    };
    for (std::size_t i = 1; i != all_.size(); ++i) {
        const manager_stat other = all_[i]->state();
        s.tasks += other.tasks;
        s.runs_in_flight += other.runs_in_flight;
        s.runs_waiting += other.runs_waiting;
        s.store_down = s.store_down || other.store_down;
        s.outbox += other.outbox;
        s.outbox_dropped += other.outbox_dropped;
        s.blocked += other.blocked;
        join(s.start_delay, other.start_delay);
        join(s.loop_lag, other.loop_lag);
    }
    return s;
}

// All know each group, and one has its tasks.
std::vector<group_stat> shards::groups() const {
    std::vector<group_stat> groups = first()->groups();
    for (std::size_t i = 1; i != all_.size(); ++i)
        for (group_stat& of_owner : all_[i]->groups()) {
            if (ties_->owner_of(of_owner.name.str()) != i) continue;
            auto known = std::ranges::find(groups, of_owner.name, &group_stat::name);
            if (known != groups.end()) *known = std::move(of_owner);
        }
    return groups;
}

std::shared_ptr<detail::event_queue> shards::subscribe(std::size_t capacity) {
    auto reader =
        std::make_shared<detail::event_queue>(capacity, first()->executor(), first()->late(), all_.size());
    for (const engine_ptr& e : all_) e->tell(reader);
    return reader;
}

} // namespace rondo::runtime
