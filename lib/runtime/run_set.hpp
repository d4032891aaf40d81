// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_RUN_SET_HPP
#define RONDO_RUNTIME_RUN_SET_HPP

#include <runtime/run_state.hpp>

#include <boost/intrusive/unordered_set.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// Runs by their ids, linked through themselves and kept until they are taken out. To take one in needs memory only if
/// there are more of them than ever before.
class run_set {
public:
    using state_ptr = std::shared_ptr<detail::run_state>;

    run_set() = default;
    run_set(const run_set&) = delete;
    run_set& operator=(const run_set&) = delete;
    ~run_set() { clear(); }

    /// It must not be in one yet, nor another with its id be in this one. If there is no memory nothing has happened.
    void insert(state_ptr run) {
        if (runs_.size() >= runs_.bucket_count()) grow();
        detail::run_state& r = *run;
        r.kept = std::move(run);
        runs_.insert(r);
    }
    /// Null: none has this id.
    [[nodiscard]] const detail::run_state* find(run_id id) const noexcept {
        const auto found = runs_.find(id);
        return found != runs_.end() ? &*found : nullptr;
    }
    /// It must be in.
    state_ptr take(detail::run_state& run) noexcept {
        runs_.erase(runs_.iterator_to(run));
        return std::move(run.kept);
    }
    template <class F>
    void for_each(F f) {
        for (detail::run_state& run : runs_) f(run);
    }
    void clear() noexcept {
        runs_.clear_and_dispose([](detail::run_state* run) { const state_ptr last = std::move(run->kept); });
    }

    /// Each is in one bucket; in which, only `insert` changes.
    [[nodiscard]] std::size_t bucket_count() const noexcept { return runs_.bucket_count(); }
    template <class F>
    void for_each_in(std::size_t bucket, F f) const {
        for (auto run = runs_.begin(bucket); run != runs_.end(bucket); ++run) f(*run);
    }

private:
    // Ids of one moment are alike in their lower bits.
    struct hash {
        std::size_t operator()(const run_id& id) const noexcept {
            const std::uint64_t mixed = std::hash<run_id>()(id) * 0x9e37'79b9'7f4a'7c15u;
            return static_cast<std::size_t>(mixed >> 32);
        }
    };
    struct id_of {
        using type = run_id;
        const run_id& operator()(const detail::run_state& run) const noexcept { return run.id; }
    };
    using table = boost::intrusive::unordered_set<
        detail::run_state,
        boost::intrusive::member_hook<detail::run_state, detail::run_state::hook, &detail::run_state::in_set>,
        boost::intrusive::key_of_value<id_of>, boost::intrusive::hash<hash>,
        boost::intrusive::equal<std::equal_to<run_id>>, boost::intrusive::power_2_buckets<true>>;
    using buckets = std::vector<table::bucket_type>;

    void grow() {
        buckets larger(2 * runs_.bucket_count());
        runs_.rehash({larger.data(), larger.size()});
        buckets_.swap(larger);
    }

    buckets buckets_ = buckets(64);
    table runs_{table::bucket_traits(buckets_.data(), buckets_.size())};
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_RUN_SET_HPP
