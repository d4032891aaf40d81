// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_RACE_ARENA_HPP
#define RONDO_TESTS_RACE_ARENA_HPP

#include <race/books.hpp>
#include <race/dice.hpp>

#include <rondo/rondo.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rondo::race {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// What the bodies of one task did.
struct gauge {
    std::atomic<std::uint32_t> running = 0;
    std::atomic<std::uint32_t> most = 0;
    std::atomic<std::uint64_t> begun = 0;
    std::atomic<std::uint64_t> done = 0; ///< to their end
};

/// A body that takes no time, or some turns of the loop, or some of its clock, by its run's id.
struct body {
    gauge* seen;
    bool may_hang; ///< until it is cancelled

    asio::awaitable<void> operator()(context ctx) const;
};

/// A body that may also fail, hang until it is cancelled, or not heed that for some turns.
struct rough_body {
    gauge* seen;

    asio::awaitable<void> operator()(context ctx) const;
};

/// Lets others have their turn, `n` times.
[[nodiscard]] asio::awaitable<void> give_way(std::uint64_t n);

/// A manager on four threads with a repository in memory, people who use it, and what is said about its
/// runs. One round of a race.
class arena {
public:
    /// `rough`: its runs may fail, be given up, and time out.
    explicit arena(std::uint64_t seed, bool rough = false);
    ~arena();
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    [[nodiscard]] manager& tasks() noexcept { return tasks_; }
    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    /// For bodies of one task, of which there are never more than `most` at once; 0: no limit.
    [[nodiscard]] gauge& watch(std::uint32_t most);
    void add(task t);
    /// Somebody else to use the tasks.
    void join(asio::awaitable<void> person);
    /// A run that somebody was given.
    void note(run r);
    /// That something cannot be.
    void complain(std::string what);
    /// Waits for all people, ends the manager, and compares all accounts of what happened.
    void close(std::chrono::nanoseconds grace, tally& sums);

private:
    struct watched {
        gauge seen;
        std::uint32_t most = 0;
    };

    void wait_for_people();
    [[nodiscard]] std::vector<run> whole_history();
    [[nodiscard]] asio::awaitable<std::vector<run>> read_history();
    void check_bodies(const books& seen, tally& sums) const;

    std::uint64_t seed_;
    bool rough_;
    asio::io_context context_{4};
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    std::shared_ptr<repository> store_;
    std::deque<watched> watched_; // before the manager, whose bodies refer to them
    manager tasks_;
    event_stream events_;
    std::vector<std::thread> threads_;
    std::vector<std::future<void>> people_;
    std::mutex mutex_; // guards the next two
    std::vector<run> given_;
    std::vector<std::string> complaints_;
};

} // namespace rondo::race

#endif // RONDO_TESTS_RACE_ARENA_HPP
