// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_RUN_STRAND_HPP
#define RONDO_RUNTIME_RUN_STRAND_HPP

#include <runtime/stopwatch.hpp>

#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/asio/require.hpp>

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace rondo::runtime {

template <class Home>
class strand_pool;

/// The strands on which a thread is, the innermost first.
struct strand_here {
    const void* strand;
    const strand_here* outer = std::exchange(innermost, this);

    explicit strand_here(const void* s) noexcept : strand(s) {}
    strand_here(const strand_here&) = delete;
    strand_here& operator=(const strand_here&) = delete;
    ~strand_here() { innermost = outer; }

    [[nodiscard]] static bool is(const void* strand) noexcept {
        for (const strand_here* h = innermost; h != nullptr; h = h->outer)
            if (h->strand == strand) return true;
        return false;
    }

private:
    static inline thread_local const strand_here* innermost = nullptr;
};

/// What a strand of Asio is: functions that run one after the other, in the order in which they came, on the threads of
/// `Home`. Not one of Asio's, which cannot do without memory (Boost 1.81): where there is none for the handler that it
/// posts to itself it is locked for good, and where there is none for its own state it reads what it has not written.
/// Here a function is taken in, or what brings it throws, and nothing has happened.
///
/// What all executors of one run have in common. Once the last of them is gone, and the last function is, it serves
/// another run. Any thread.
template <class Home>
class run_strand {
public:
    explicit run_strand(Home home) : home_(std::move(home)) {}
    run_strand(const run_strand&) = delete;
    run_strand& operator=(const run_strand&) = delete;

    [[nodiscard]] const Home& home() const noexcept { return home_; }

    /// By `home`, which is ours, but for its properties. `now`: before this returns, if it can be.
    template <class Executor, class F>
    void execute(const Executor& home, F&& f, bool now) {
        if (now && strand_here::is(this)) {
            std::decay_t<F> here(std::forward<F>(f));
            return std::move(here)();
        }
        job* j = make(std::forward<F>(f));
        const entry e = push(j);
        if (!e.first) return;
        const turn keep(*this); // what it runs here may be the last to have it
        try {
            home.execute(turn(*this));
        } catch (...) {
            if (take_back(j, e.turns)) j->act(*j, false);
            throw;
        }
    }

    /// How many executors there are of it, and functions that are not running yet. On the strand.
    [[nodiscard]] std::size_t uses() const noexcept {
        // In this order: whoever brings a function, and then lets go of the executor, is seen.
        const std::size_t executors = executors_.load(std::memory_order_acquire);
        return executors + jobs_.load(std::memory_order_acquire);
    }

    /// Its context goes down: it lets go of what did not run, and takes nothing more.
    void drop() noexcept {
        job* left = nullptr;
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
            left = std::exchange(first_, nullptr);
            last_ = nullptr;
        }
        discard(left);
    }

    friend void intrusive_ptr_add_ref(run_strand* s) noexcept {
        s->executors_.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(run_strand* s) noexcept {
        if (s->executors_.fetch_sub(1, std::memory_order_acq_rel) == 1) s->give_back();
    }

private:
    friend class strand_pool<Home>;

    /// A function, and the memory it is in.
    struct job {
        job* next = nullptr;
        void (*act)(job&, bool run); // or lets go of it
    };
    template <class F>
    struct job_of final : job {
        static_assert(std::is_nothrow_move_constructible_v<F>, "what is taken in must not be lost");
        F f;
        template <class G>
        explicit job_of(G&& g) : job{nullptr, &job_of::done}, f(std::forward<G>(g)) {}
        static void done(job& j, bool run) {
            auto& self = static_cast<job_of&>(j);
            F f(std::move(self.f));
            free(&self); // first, as the function may need as much
            if (run) std::move(f)();
        }
        static void free(job_of* p) noexcept {
            std::destroy_at(p);
            boost::asio::recycling_allocator<job_of>().deallocate(p, 1);
        }
    };
    template <class F>
    [[nodiscard]] static job* make(F&& f) {
        using kind = job_of<std::decay_t<F>>;
        boost::asio::recycling_allocator<kind> memory;
        kind* p = memory.allocate(1);
        try {
            return ::new (static_cast<void*>(p)) kind(std::forward<F>(f));
        } catch (...) {
            memory.deallocate(p, 1);
            throw;
        }
    }

    /// The handler that runs what is there. It keeps the strand.
    class turn {
    public:
        explicit turn(run_strand& s) noexcept : strand_(&s) {
            s.holds_.fetch_add(1, std::memory_order_relaxed);
        }
        turn(const turn& other) noexcept : turn(*other.strand_) {}
        turn(turn&& other) noexcept : strand_(std::exchange(other.strand_, nullptr)) {}
        turn& operator=(turn) = delete;
        ~turn() {
            if (strand_ != nullptr) strand_->let_go();
        }
        void operator()() { strand_->take_turn(); }

    private:
        run_strand* strand_;
    };

    struct entry {
        bool first;          ///< nobody is on the way to run it
        std::uint64_t turns; ///< that began so far
    };
    [[nodiscard]] entry push(job* j) noexcept {
        std::unique_lock lock(mutex_);
        if (closed_) {
            lock.unlock();
            j->act(*j, false);
            return {false, 0};
        }
        jobs_.fetch_add(1, std::memory_order_relaxed);
        (last_ == nullptr ? first_ : last_->next) = j;
        last_ = j;
        return {!std::exchange(scheduled_, true), turns_};
    }

    // There was no memory for the turn that was to come, unless it has come: then something else went wrong. Others may
    // have brought something meanwhile, which needs that turn.
    [[nodiscard]] bool take_back(job* j, std::uint64_t turns) noexcept {
        {
            std::lock_guard lock(mutex_);
            if (turns_ != turns) return false;
            if (!take_out(j)) return false;
            scheduled_ = first_ != nullptr;
            if (!scheduled_) return true;
        }
        post_turn_or_wait();
        return true;
    }
    // False: the context has gone down.
    [[nodiscard]] bool take_out(job* j) noexcept {
        job* before = nullptr;
        for (job* i = first_; i != j; i = i->next) {
            if (i == nullptr) return false;
            before = i;
        }
        (before == nullptr ? first_ : before->next) = j->next;
        if (last_ == j) last_ = before;
        jobs_.fetch_sub(1, std::memory_order_relaxed);
        return true;
    }

    void take_turn() {
        const strand_here here(this);
        while (run_ready() && !post_turn()) { // without memory for another turn this one goes on
        }
    }

    /// Those that are there. What comes meanwhile has the next turn, so that others on the loop have theirs. False: there
    /// is nothing more.
    [[nodiscard]] bool run_ready() {
        struct
            leave { // also if one of them throws: the others have a turn, or, without memory, wait for who comes next
            run_strand& s;
            bool failed = true;
            ~leave() {
                if (!failed) return;
                s.put_back_ready();
                if (s.has_more()) s.post_turn_or_wait();
            }
        } on_exit{*this};
        {
            std::lock_guard lock(mutex_);
            ++turns_;
            ready_ = std::exchange(first_, nullptr);
            last_ = nullptr;
        }
        while (ready_ != nullptr) {
            job* j = std::exchange(ready_, ready_->next);
            jobs_.fetch_sub(1, std::memory_order_relaxed);
            std::optional<stopwatch::stretch> timed;
            if (watch_) timed.emplace(*watch_);
            j->act(*j, true);
        }
        on_exit.failed = false;
        return has_more();
    }

    // Else the turn is over.
    [[nodiscard]] bool has_more() noexcept {
        std::lock_guard lock(mutex_);
        scheduled_ = first_ != nullptr;
        return scheduled_;
    }
    // Another thread may let go of some memory. If none does, what is here waits for whoever comes next.
    void post_turn_or_wait() noexcept {
        constexpr int tries = 3;
        for (int i = 0; i != tries; ++i)
            if (post_turn()) return;
        std::lock_guard lock(mutex_);
        scheduled_ = false;
    }
    void put_back_ready() noexcept {
        if (ready_ == nullptr) return;
        job* last = ready_;
        while (last->next != nullptr) last = last->next;
        std::lock_guard lock(mutex_);
        last->next = std::exchange(first_, std::exchange(ready_, nullptr));
        if (last_ == nullptr) last_ = last;
    }
    [[nodiscard]] bool post_turn() noexcept {
        try {
            boost::asio::prefer(boost::asio::require(home_, boost::asio::execution::blocking.never),
                                boost::asio::execution::relationship.continuation)
                .execute(turn(*this));
            return true;
        } catch (...) {
            return false;
        }
    }

    /// Nothing is in it, and nothing is on its way.
    [[nodiscard]] bool idle() noexcept {
        std::lock_guard lock(mutex_);
        return !scheduled_ && first_ == nullptr;
    }

    void discard(job* first) noexcept {
        while (first != nullptr) {
            job* j = std::exchange(first, first->next);
            jobs_.fetch_sub(1, std::memory_order_relaxed);
            j->act(*j, false);
        }
    }
    void let_go() noexcept {
        if (holds_.fetch_sub(1, std::memory_order_acq_rel) == 1) strand_pool<Home>::destroy(this);
    }
    void give_back() noexcept { strand_pool<Home>::give_back(this); }
    // Whoever destroys it may be about to.
    [[nodiscard]] bool try_hold() noexcept {
        std::uint32_t n = holds_.load(std::memory_order_relaxed);
        while (n != 0 && !holds_.compare_exchange_weak(n, n + 1, std::memory_order_relaxed)) {
        }
        return n != 0;
    }
    ~run_strand() { discard(first_); }

    const Home home_;
    std::atomic<std::uint32_t> executors_ = 0; // that point here
    std::atomic<std::uint32_t> holds_ = 1;     // turns, and one for the executors, or for the pool
    std::atomic<std::size_t> jobs_ = 0;        // that are not running yet

    std::mutex mutex_; // guards the next
    job* first_ = nullptr;
    job* last_ = nullptr;
    std::uint64_t turns_ = 0; // that began
    bool scheduled_ = false;  // a turn is on its way, or runs
    bool closed_ = false;

    job* ready_ = nullptr;           // of the turn that runs
    std::optional<stopwatch> watch_; // on the strand; empty: they are not timed

    // Of the pool, under its lock.
    std::shared_ptr<strand_pool<Home>> pool_; // null while it is spare
    run_strand* next_ = nullptr;              // among those that are spare, or those that are not
    run_strand* previous_ = nullptr;          // likewise
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_RUN_STRAND_HPP
