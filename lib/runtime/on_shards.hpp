// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_ON_SHARDS_HPP
#define RONDO_RUNTIME_ON_SHARDS_HPP

#include <rondo/error.hpp>
#include <rondo/reports.hpp>

#include <runtime/pending.hpp>
#include <runtime/shards.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace rondo::runtime {

using shards_ptr = std::shared_ptr<shards>;

/// Nothing may escape into the loop, and who asks is answered.
template <class T, class F>
void guarded(engine& e, const pending_ptr<T>& waiting, F f) {
    try {
        f();
    } catch (...) {
        e.on_failure("an operation failed");
        waiting->complete(make_error_code(boost::system::errc::not_enough_memory));
    }
    e.look_after_late();
}

/// Takes an operation to the strand of a shard. `f` is called there with the engine and the completion.
template <class T, class F>
void on_strand(const shards::engine_ptr& e, detail::completion<T> done, bool cancellable, F f) {
    auto waiting = e->template wait_for<T>(std::move(done));
    if (cancellable) waiting->allow_cancel();
    e->post([e, waiting = std::move(waiting), f = std::move(f)]() mutable {
        guarded(*e, waiting, [&] { f(*e, waiting); });
    });
}

/// Of one that is alone.
inline void start(engine& on, const pending_ptr<start_report>& done) {
    if (auto ready = on.get_ready(); !ready)
        done->complete(ready.error());
    else
        on.open_repository(done);
}

inline void join(shutdown_report& all, shutdown_report part) {
    std::move(part.still_running.begin(), part.still_running.end(), std::back_inserter(all.still_running));
    all.unrecorded += part.unrecorded;
}

/// The answers of several shards to one question, on the strand of the first: their sum, or the first error.
template <class T>
class gathering {
public:
    gathering(std::size_t size, std::function<void(result<T>)> then) : left_(size), then_(std::move(then)) {}

    void take(result<T> part) {
        if (!part) {
            if (all_) all_ = part.error();
        } else if constexpr (!std::is_void_v<T>) {
            if (all_) join(all_.value(), std::move(part).value());
        }
        if (--left_ == 0) then_(std::move(all_));
    }

private:
    [[nodiscard]] static result<T> nothing() {
        if constexpr (std::is_void_v<T>)
            return boost::outcome_v2::success();
        else
            return T();
    }

    std::size_t left_;
    result<T> all_ = nothing();
    std::function<void(result<T>)> then_;
};

/// Takes an operation to a shard, whose answer goes to `part`. Throws nothing: `part` hears that there is no memory.
template <class T, class F>
void ask_one(const shards::engine_ptr& e, const pending_ptr<T>& part, F& f) noexcept {
    try {
        e->post([e, part, f = std::move(f)]() mutable { guarded(*e, part, [&] { f(*e, part); }); });
    } catch (...) {
        part->complete(make_error_code(boost::system::errc::not_enough_memory));
    }
}

/// Takes an operation to each shard, in one order with all others of that kind.
template <class T, class F>
void on_each(const shards_ptr& s, detail::completion<T> done, F f) {
    const shards::engine_ptr& first = s->first();
    if (s->alone()) return on_strand<T>(first, std::move(done), false, std::move(f));
    auto waiting = first->template wait_for<T>(std::move(done));
    auto all = std::make_shared<gathering<T>>(s->all().size(),
                                              [waiting](result<T> r) { waiting->complete(std::move(r)); });
    std::vector<std::pair<pending_ptr<T>, F>> parts; // all of them first, as this may throw
    parts.reserve(s->all().size());
    for (const shards::engine_ptr& e : s->all())
        parts.emplace_back(e->template wait_at<T>(*first,
                                                  [first, waiting, all](result<T> r) {
                                                      guarded(*first, waiting,
                                                              [&] { all->take(std::move(r)); });
                                                  }),
                           f);
    const auto in_order = s->lock();
    for (std::size_t i = 0; i != parts.size(); ++i) ask_one(s->all()[i], parts[i].first, parts[i].second);
}

/// Who waits for many that several shards see to. On the strand of the first.
class bulk_gathering {
public:
    bulk_gathering(std::size_t parts, pending_ptr<bulk_report> done) : left_(parts), done_(std::move(done)) {}

    /// `index`: where those of this part are in what was asked for.
    void take(const result<bulk_report>& part, const std::vector<std::size_t>& index);

private:
    std::size_t left_;
    pending_ptr<bulk_report> done_;
    bulk_report report_;
    bool any_ = false; // of the parts has begun
    error_code why_;   // of one that has not
};

/// Takes to each shard those of many that are its.
template <class Item, class Uid, class F>
void on_each(const shards_ptr& s, detail::completion<bulk_report> done, std::vector<Item> items,
             bool cancellable, Uid uid_of, F f) {
    const shards::engine_ptr& first = s->first();
    if (s->alone() || items.empty())
        return on_strand<bulk_report>(first, std::move(done), cancellable,
                                      [f, items = std::move(items)](engine& on, auto p) mutable {
                                          f(on, std::move(p), std::move(items));
                                      });
    struct part {
        std::vector<Item> items;
        std::vector<std::size_t> index;
    };
    std::vector<part> parts(s->all().size());
    for (std::size_t i = 0; i != items.size(); ++i) {
        part& to = parts[s->index_of(uid_of(items[i]))];
        to.items.push_back(std::move(items[i]));
        to.index.push_back(i);
    }
    std::size_t asked = 0;
    for (const part& p : parts) asked += p.items.empty() ? 0 : 1;
    auto waiting = first->template wait_for<bulk_report>(std::move(done));
    if (cancellable) waiting->allow_cancel();
    auto all = std::make_shared<bulk_gathering>(asked, waiting);
    std::vector<pending_ptr<bulk_report>> answers(parts.size()); // all of them first, as this may throw
    for (std::size_t i = 0; i != parts.size(); ++i)
        if (!parts[i].items.empty())
            answers[i] = s->all()[i]->template wait_at<bulk_report>(
                *first,
                [first, waiting, all, index = std::move(parts[i].index)](const result<bulk_report>& r) {
                    guarded(*first, waiting, [&] { all->take(r, index); });
                });
    for (std::size_t i = 0; i != parts.size(); ++i) {
        if (answers[i] == nullptr) continue;
        auto to = [f, some = std::move(parts[i].items)](engine& on, auto p) mutable {
            f(on, std::move(p), std::move(some));
        };
        ask_one(s->all()[i], answers[i], to);
    }
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_ON_SHARDS_HPP
