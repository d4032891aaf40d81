// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_LATE_ANSWERS_HPP
#define RONDO_RUNTIME_LATE_ANSWERS_HPP

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace rondo::runtime {

/// Answers that could not be handed on when they were given, for want of memory; their owner tries again. Any
/// thread.
class late_answers {
public:
    /// One of them. Linked through themselves, as there is no memory.
    class entry {
    public:
        virtual ~entry() = default;

    private:
        friend class late_answers;
        /// Throws if it must be tried again.
        virtual void hand_on() = 0;

        std::shared_ptr<entry> next_;
    };

    ~late_answers() { drop(); }

    void keep(std::shared_ptr<entry> e) noexcept {
        std::lock_guard lock(mutex_);
        e->next_ = std::move(first_);
        first_ = std::move(e);
        any_ = true;
    }
    [[nodiscard]] bool any() const noexcept { return any_; }
    void try_again() noexcept {
        if (!any_) return;
        for (auto all = take(); all != nullptr;) {
            auto e = std::exchange(all, std::move(all->next_));
            try {
                e->hand_on();
            } catch (...) {
                keep(std::move(e));
            }
        }
    }
    /// Lets go of them: their execution context is going down.
    void drop() noexcept {
        for (auto all = take(); all != nullptr;) all = std::exchange(all->next_, nullptr);
    }

private:
    std::shared_ptr<entry> take() noexcept {
        std::lock_guard lock(mutex_);
        any_ = false;
        return std::exchange(first_, nullptr);
    }

    std::mutex mutex_; // guards the next
    std::shared_ptr<entry> first_;
    std::atomic<bool> any_ = false;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_LATE_ANSWERS_HPP
