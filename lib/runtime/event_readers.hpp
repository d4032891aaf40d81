// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_EVENT_READERS_HPP
#define RONDO_RUNTIME_EVENT_READERS_HPP

#include <runtime/event_queue.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace rondo::runtime {

/// Who reads the events of one engine, which is one source of each queue. Any thread.
class event_readers {
public:
    using reader_ptr = std::shared_ptr<detail::event_queue>;

    void add(const reader_ptr& reader) {
        const std::lock_guard lock(mutex_);
        if (over_) return reader->close_one();
        forget_those_gone();
        all_.push_back(reader);
        count_ = all_.size();
    }
    [[nodiscard]] bool any() const noexcept { return count_ > 0; }
    void publish(const event& e) {
        auto readers = all();
        for (auto& reader : readers) reader->push(e);
        if (!readers.empty()) return;
        const std::lock_guard lock(mutex_);
        forget_those_gone();
    }
    /// Nothing more will be told. Needs no memory.
    void close() noexcept {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        for_each([](detail::event_queue& reader) { reader.close_one(); });
    }
    /// Copies, so that whoever is let go of is let go of outside the lock.
    [[nodiscard]] std::vector<reader_ptr> all() const {
        std::vector<reader_ptr> alive;
        const std::lock_guard lock(mutex_);
        for (auto& weak : all_)
            if (auto reader = weak.lock()) alive.push_back(std::move(reader));
        return alive;
    }
    /// Needs no memory.
    void drop_waiters() noexcept {
        for_each([](detail::event_queue& reader) { reader.drop_waiter(); });
    }
    [[nodiscard]] std::uint64_t dropped() const {
        std::uint64_t n = 0;
        for (auto& reader : all()) n += reader->dropped();
        return n;
    }

private:
    // Each is let go of outside the lock.
    template <class F>
    void for_each(F f) noexcept {
        for (std::size_t i = 0;; ++i) {
            reader_ptr reader;
            {
                const std::lock_guard lock(mutex_);
                if (i >= all_.size()) return;
                reader = all_[i].lock();
            }
            if (reader != nullptr) f(*reader);
        }
    }
    void forget_those_gone() {
        std::erase_if(all_, [](auto& weak) { return weak.expired(); });
        count_ = all_.size();
    }

    mutable std::mutex mutex_; // guards the next two
    std::vector<std::weak_ptr<detail::event_queue>> all_;
    bool over_ = false;
    std::atomic<std::size_t> count_ = 0;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_EVENT_READERS_HPP
