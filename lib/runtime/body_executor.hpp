// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_BODY_EXECUTOR_HPP
#define RONDO_RUNTIME_BODY_EXECUTOR_HPP

#include <runtime/context_service.hpp>
#include <runtime/run_strand.hpp>
#include <runtime/spare.hpp>
#include <runtime/stopwatch.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace rondo::runtime {

/// The strand of a run over `Home`, whose handlers may be timed. In all else it is that strand, but so small,
/// whatever is asked of it, that an `any_io_executor` holds it without memory of its own: Asio asks for several
/// variants of a coroutine's executor, and copies each at each turn. `Tracked`: it counts as work of the context.
template <class Home, bool Tracked = false>
class body_executor {
    using execution_blocking = boost::asio::execution::blocking_t;
    using execution_relationship = boost::asio::execution::relationship_t;
    using execution_work = boost::asio::execution::outstanding_work_t;
    using shared_ptr = boost::intrusive_ptr<run_strand<Home>>;

    struct no_work {
        explicit no_work(const run_strand<Home>&) noexcept {}
    };
    struct counted_work {
        using executor = typename boost::asio::prefer_result<const Home&, execution_work::tracked_t>::type;
        std::decay_t<executor> home;
        explicit counted_work(const run_strand<Home>& s)
            : home(boost::asio::prefer(s.home(), boost::asio::execution::outstanding_work.tracked)) {}
    };

public:
    explicit body_executor(shared_ptr shared) noexcept(!Tracked)
        : body_executor(std::move(shared), false, false) {}
    body_executor(const body_executor&) noexcept = default;
    body_executor(body_executor&&) noexcept = default;
    body_executor& operator=(body_executor other) noexcept {
        std::swap(work_, other.work_);
        std::swap(shared_, other.shared_);
        std::swap(never_, other.never_);
        std::swap(continues_, other.continues_);
        return *this;
    }
    ~body_executor() = default;

    [[nodiscard]] boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
        return boost::asio::query(shared_->home(), boost::asio::execution::context);
    }
    [[nodiscard]] execution_blocking query(execution_blocking) const noexcept {
        if (never_) return boost::asio::execution::blocking.never;
        return boost::asio::execution::blocking.possibly;
    }
    [[nodiscard]] execution_relationship query(execution_relationship) const noexcept {
        if (continues_) return boost::asio::execution::relationship.continuation;
        return boost::asio::execution::relationship.fork;
    }
    [[nodiscard]] static constexpr execution_work query(execution_work) noexcept {
        if constexpr (Tracked) return boost::asio::execution::outstanding_work.tracked;
        return boost::asio::execution::outstanding_work.untracked;
    }

    [[nodiscard]] body_executor require(execution_blocking::never_t) const noexcept(!Tracked) {
        return {shared_, true, continues_};
    }
    [[nodiscard]] body_executor require(execution_blocking::possibly_t) const noexcept(!Tracked) {
        return {shared_, false, continues_};
    }
    [[nodiscard]] body_executor require(execution_relationship::fork_t) const noexcept(!Tracked) {
        return {shared_, never_, false};
    }
    [[nodiscard]] body_executor require(execution_relationship::continuation_t) const noexcept(!Tracked) {
        return {shared_, never_, true};
    }
    [[nodiscard]] body_executor<Home, true> require(execution_work::tracked_t) const {
        return {shared_, never_, continues_};
    }
    [[nodiscard]] body_executor<Home, false> require(execution_work::untracked_t) const noexcept {
        return {shared_, never_, continues_};
    }

    template <class F>
    void execute(F&& f) const {
        const Home& home = shared_->home();
        if (never_)
            hand_over(boost::asio::require(home, boost::asio::execution::blocking.never), std::forward<F>(f));
        else
            hand_over(home, std::forward<F>(f));
    }

    [[nodiscard]] run_strand<Home>& strand() const noexcept { return *shared_; }

    friend bool operator==(const body_executor& a, const body_executor& b) noexcept {
        return a.shared_ == b.shared_;
    }
    friend bool operator!=(const body_executor& a, const body_executor& b) noexcept { return !(a == b); }

private:
    template <class OtherHome, bool OtherTracked>
    friend class body_executor;

    body_executor(shared_ptr shared, bool never, bool continues) noexcept(!Tracked)
        : work_(*shared), shared_(std::move(shared)), never_(never), continues_(continues) {}

    template <class Executor, class F>
    void hand_over(const Executor& home, F&& f) const {
        if (continues_)
            shared_->execute(boost::asio::prefer(home, boost::asio::execution::relationship.continuation),
                             std::forward<F>(f), !never_);
        else
            shared_->execute(home, std::forward<F>(f), !never_);
    }

    // In this order: the strand goes first, as the context may not outlive the work.
    [[no_unique_address]] std::conditional_t<Tracked, counted_work, no_work> work_;
    shared_ptr shared_;
    bool never_;
    bool continues_;
};

/// Makes strands for bodies.
class strand_source {
public:
    virtual ~strand_source() = default;
    /// `watch` may be empty.
    [[nodiscard]] virtual boost::asio::any_io_executor make(std::optional<stopwatch> watch) = 0;
    /// Of one that was made here: how many executors there are of it, and functions that wait there. On the strand.
    [[nodiscard]] virtual std::size_t uses(const boost::asio::any_io_executor& strand) const noexcept = 0;
    /// Of one that was made here: `stopwatch::look`, and `pass_on`. On the strand.
    virtual void look(const boost::asio::any_io_executor& strand, steady_time t) noexcept = 0;
    virtual void pass_on(const boost::asio::any_io_executor& strand, const shared_string& uid,
                         run_id id) noexcept = 0;
    /// None is kept for another run from now on; those that are out go on.
    virtual void close() noexcept = 0;
    /// The context goes down: as `close`, and what did not run does not.
    virtual void drop() noexcept = 0;
    /// Whoever made this goes. Calls `drop` by itself when the context does, if any are still out.
    virtual void outlive() noexcept = 0;
};

template <class Home>
class strand_pool final : public strand_source,
                          public context_guest,
                          public std::enable_shared_from_this<strand_pool<Home>> {
    using strand = run_strand<Home>;

public:
    explicit strand_pool(Home home) : home_(std::move(home)) {}
    strand_pool(const strand_pool&) = delete;
    strand_pool& operator=(const strand_pool&) = delete;
    ~strand_pool() override { close(); }

    boost::asio::any_io_executor make(std::optional<stopwatch> watch) override {
        const boost::intrusive_ptr<strand> s = take();
        s->watch_ = std::move(watch);
        return body_executor<Home>(s);
    }

    std::size_t uses(const boost::asio::any_io_executor& e) const noexcept override { return of(e).uses(); }
    void look(const boost::asio::any_io_executor& e, steady_time t) noexcept override {
        if (auto& watch = of(e).watch_) watch->look(t);
    }
    void pass_on(const boost::asio::any_io_executor& e, const shared_string& uid,
                 run_id id) noexcept override {
        if (auto& watch = of(e).watch_) watch->pass_on(uid, id);
    }

    void close() noexcept override {
        strand* spare = nullptr;
        std::optional<Home> home; // which must not outlive its context
        {
            std::lock_guard lock(mutex_);
            home.swap(home_);
            spare = std::exchange(spare_, nullptr);
            spares_ = 0;
        }
        while (spare != nullptr) std::exchange(spare, spare->next_)->let_go(); // a turn may be about to end
    }
    void drop() noexcept override {
        const auto self = this->shared_from_this();
        close();
        for (strand* s = first_that_is_out(); s != nullptr; s = first_that_is_out()) {
            s->drop();
            s->let_go();
        }
    }
    void outlive() noexcept override {
        try {
            std::optional<Home> home;
            {
                std::lock_guard lock(mutex_);
                if (out_ != nullptr) home = home_;
            }
            if (home)
                boost::asio::use_service<context_service>(
                    boost::asio::query(*home, boost::asio::execution::context))
                    .add(this->weak_from_this());
        } catch (...) { // no memory: what waits there when the context goes down is never let go of
        }
        close();
    }

private:
    friend strand;

    void on_context_shutdown() noexcept override { drop(); }

    [[nodiscard]] static strand& of(const boost::asio::any_io_executor& e) noexcept {
        return e.target<body_executor<Home>>()->strand();
    }
    [[nodiscard]] strand* take() {
        std::lock_guard lock(mutex_);
        strand* s = spare_;
        if (s != nullptr) {
            spare_ = s->next_;
            --spares_;
        } else {
            s = new strand(home_.value());
        }
        s->pool_ = this->shared_from_this();
        link(*s);
        return s;
    }

    /// Nobody has an executor of it any more. Any thread.
    static void give_back(strand* s) noexcept {
        const std::shared_ptr<strand_pool> self = s->pool_;
        if (!s->idle() || !self->keep(*s)) s->let_go();
    }
    [[nodiscard]] bool keep(strand& s) noexcept {
        std::optional<stopwatch> old; // which may be all that has whom it tells
        std::shared_ptr<strand_pool> last;
        std::lock_guard lock(mutex_);
        if (!home_ || spares_ >= spares_max) return false;
        unlink(s);
        old.swap(s.watch_);
        last.swap(s.pool_);
        ++spares_;
        s.next_ = std::exchange(spare_, &s);
        return true;
    }
    /// Nor is a turn of it on its way.
    static void destroy(strand* s) noexcept {
        if (const std::shared_ptr<strand_pool> self = s->pool_) { // else it is spare
            std::lock_guard lock(self->mutex_);
            self->unlink(*s);
        }
        delete s;
    }

    // It is out of the list then, and held.
    [[nodiscard]] strand* first_that_is_out() noexcept {
        std::lock_guard lock(mutex_);
        strand* s = out_;
        while (s != nullptr && !s->try_hold()) s = s->next_;
        if (s != nullptr) unlink(*s);
        return s;
    }
    void link(strand& s) noexcept {
        s.previous_ = nullptr;
        s.next_ = std::exchange(out_, &s);
        if (s.next_ != nullptr) s.next_->previous_ = &s;
    }
    void unlink(strand& s) noexcept {
        if (out_ != &s && s.previous_ == nullptr) return; // it is out of it
        (s.previous_ == nullptr ? out_ : s.previous_->next_) = s.next_;
        if (s.next_ != nullptr) s.next_->previous_ = s.previous_;
        s.previous_ = s.next_ = nullptr;
    }

    std::mutex mutex_;         // guards the rest
    std::optional<Home> home_; // nothing: it is closed
    strand* spare_ = nullptr;
    strand* out_ = nullptr;
    std::size_t spares_ = 0;
};

/// The executor of an `io_context` is known by its type: what is asked of an erased one costs memory each time.
[[nodiscard]] inline std::shared_ptr<strand_source> strands_over(const boost::asio::any_io_executor& home) {
    using context = boost::asio::io_context::executor_type;
    if (const auto* of_context = home.target<context>())
        return std::make_shared<strand_pool<context>>(*of_context);
    return std::make_shared<strand_pool<boost::asio::any_io_executor>>(home);
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_BODY_EXECUTOR_HPP
