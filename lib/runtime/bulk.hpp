// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_BULK_HPP
#define RONDO_RUNTIME_BULK_HPP

#include <rondo/reports.hpp>
#include <rondo/task.hpp>

#include <runtime/pending.hpp>
#include <runtime/waiter.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// Who asked for the same to be done to many, and is told when the last is done. Each of them has a waiter of its
/// own, as if it had been asked for alone. Strand.
class bulk_waiter {
public:
    bulk_waiter(pending_ptr<bulk_report> done, std::size_t size);
    bulk_waiter(const bulk_waiter&) = delete;
    bulk_waiter& operator=(const bulk_waiter&) = delete;

    /// Of the one with this index.
    [[nodiscard]] waiter<void>& of(std::size_t index) noexcept { return parts_[index]; }

private:
    class part final : public waiter<void> {
    public:
        explicit part(bulk_waiter& whole) noexcept : whole_(whole) {}
        bool complete(result<void> r) override;
        [[nodiscard]] bool done() const noexcept override { return done_; }

    private:
        bulk_waiter& whole_;
        bool done_ = false;
    };

    void on_part(std::size_t index, const result<void>& r);

    pending_ptr<bulk_report> done_;
    std::vector<part> parts_;
    std::size_t left_;
    bulk_report report_;
    bool all_told_ = true; // else there was no memory to list one that failed
};

/// What came in one call, and is done in parts: others have their turn in between.
template <class T>
class bulk_work {
public:
    bulk_work(pending_ptr<bulk_report> done, std::vector<T> all)
        : waiter_(std::make_shared<bulk_waiter>(std::move(done), all.size())), all_(std::move(all)) {}

    [[nodiscard]] bool empty() const noexcept { return next_ == all_.size(); }
    /// The next, which may be moved from, and who waits for it. There must be one.
    [[nodiscard]] std::pair<waiter_ptr<void>, T&> take() noexcept {
        const std::size_t i = next_++;
        return {waiter_ptr<void>(waiter_, &waiter_->of(i)), all_[i]};
    }

private:
    std::shared_ptr<bulk_waiter> waiter_;
    std::vector<T> all_;
    std::size_t next_ = 0;
};

/// Tasks that are to be added.
struct bulk_add {
    bulk_work<task> tasks;
    if_exists otherwise;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_BULK_HPP
