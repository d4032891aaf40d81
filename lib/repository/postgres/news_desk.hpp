// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_NEWS_DESK_HPP
#define RONDO_REPOSITORY_POSTGRES_NEWS_DESK_HPP

#include <rondo/repository.hpp>

#include <repository/waiters.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <memory>
#include <mutex>

namespace rondo::postgres::detail {

/// Where the thread of the connection leaves what it has to say, and one who waits for it takes all that there is. Any
/// thread.
class news_desk {
public:
    /// `add(news)` adds to what is there. If it throws, nobody is told.
    template <class F>
    void tell(F add) {
        std::shared_ptr<repository_detail::waiter> who;
        {
            const std::lock_guard lock(mutex_);
            add(news_);
            there_is_some_ = true;
            who = waiting_.lock();
        }
        if (who != nullptr) who->home().complete(*who, false);
    }
    /// What there is; waits for it. `desk` is a value, as it may be all that is left of the repository.
    static repository::awaitable<repository_news> wait(std::shared_ptr<news_desk> desk);
    /// Nothing comes any more.
    void close() noexcept;
    /// A manager starts. False: another waits for news.
    [[nodiscard]] bool begin_anew();
    /// Whether the one who waited has given up, and nobody waits since: nobody looks after its runs.
    [[nodiscard]] bool is_deserted() const noexcept { return deserted_; }

private:
    struct initiate;

    std::mutex mutex_;
    repository_news news_;
    bool there_is_some_ = false;
    bool closed_ = false;
    std::atomic<bool> deserted_ = false;
    std::weak_ptr<repository_detail::waiter> waiting_;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_NEWS_DESK_HPP
