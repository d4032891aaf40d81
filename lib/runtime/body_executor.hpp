// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_BODY_EXECUTOR_HPP
#define RONDO_RUNTIME_BODY_EXECUTOR_HPP

#include <runtime/spare.hpp>
#include <runtime/stopwatch.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
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

template <class Home>
class strand_pool;

/// The handlers of one run, each of which holds it until it is done.
struct run_handlers {
    std::optional<stopwatch> watch; ///< of the strand; empty: they are not timed
};

/// What all executors of one run have in common. Once the last of them is gone, and the last handler is, it serves
/// another run. No handler holds it: one that is stuck in the strand, for want of memory, would keep it for ever.
template <class Home>
struct run_strand {
    boost::asio::strand<Home> strand;
    std::shared_ptr<run_handlers> handlers;   ///< null while it is spare
    std::shared_ptr<strand_pool<Home>> pool;  ///< likewise
    run_strand* next = nullptr;               ///< while it is spare
    std::atomic<std::uint32_t> executors = 0; ///< that point here

    explicit run_strand(const Home& home) : strand(boost::asio::make_strand(home)) {}

    friend void intrusive_ptr_add_ref(run_strand* s) noexcept {
        s->executors.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(run_strand* s) noexcept {
        if (s->executors.fetch_sub(1, std::memory_order_acq_rel) == 1) strand_pool<Home>::give_back(s);
    }
};

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
            : home(boost::asio::prefer(s.strand.get_inner_executor(),
                                       boost::asio::execution::outstanding_work.tracked)) {}
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
        return boost::asio::query(shared_->strand, boost::asio::execution::context);
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
        if (never_)
            submit(boost::asio::require(shared_->strand, boost::asio::execution::blocking.never),
                   std::forward<F>(f));
        else
            submit(shared_->strand, std::forward<F>(f));
    }

    [[nodiscard]] const run_strand<Home>& strand() const noexcept { return *shared_; }

    friend bool operator==(const body_executor& a, const body_executor& b) noexcept {
        return a.shared_ == b.shared_;
    }
    friend bool operator!=(const body_executor& a, const body_executor& b) noexcept { return !(a == b); }

private:
    template <class OtherHome, bool OtherTracked>
    friend class body_executor;

    template <class F>
    struct handler {
        std::shared_ptr<run_handlers> all; // for as long as it takes, whatever the function lets go of
        F f;
        void operator()() {
            std::optional<stopwatch::stretch> here;
            if (all->watch) here.emplace(*all->watch);
            std::move(f)();
        }
    };

    body_executor(shared_ptr shared, bool never, bool continues) noexcept(!Tracked)
        : work_(*shared), shared_(std::move(shared)), never_(never), continues_(continues) {}

    template <class Strand, class F>
    void submit(const Strand& strand, F&& f) const {
        if (continues_)
            hand_over(boost::asio::prefer(strand, boost::asio::execution::relationship.continuation),
                      std::forward<F>(f));
        else
            hand_over(strand, std::forward<F>(f));
    }
    template <class Strand, class F>
    void hand_over(const Strand& strand, F&& f) const {
        strand.execute(handler<std::decay_t<F>>{shared_->handlers, std::forward<F>(f)});
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
    /// Of one that was made here: how many executors and handlers there are of it. On the strand.
    [[nodiscard]] virtual std::size_t uses(const boost::asio::any_io_executor& strand) const noexcept = 0;
    /// Of one that was made here: `stopwatch::look`, and `pass_on`. On the strand.
    virtual void look(const boost::asio::any_io_executor& strand, steady_time t) noexcept = 0;
    virtual void pass_on(const boost::asio::any_io_executor& strand, const shared_string& uid,
                         run_id id) noexcept = 0;
    /// The context goes down: nothing of it is kept from now on.
    virtual void close() noexcept = 0;
};

template <class Home>
class strand_pool final : public strand_source, public std::enable_shared_from_this<strand_pool<Home>> {
public:
    explicit strand_pool(Home home) : home_(std::move(home)) {}
    strand_pool(const strand_pool&) = delete;
    strand_pool& operator=(const strand_pool&) = delete;
    ~strand_pool() override { close(); }

    boost::asio::any_io_executor make(std::optional<stopwatch> watch) override {
        auto handlers = std::allocate_shared<run_handlers>(spare_allocator<run_handlers>(*spare_handlers_));
        handlers->watch = std::move(watch);
        boost::intrusive_ptr<run_strand<Home>> s = take();
        s->handlers = std::move(handlers);
        s->pool = this->shared_from_this();
        return body_executor<Home>(std::move(s));
    }

    std::size_t uses(const boost::asio::any_io_executor& strand) const noexcept override {
        const run_strand<Home>& s = of(strand);
        // In this order: whoever posts a handler, and then lets go of the executor, is seen.
        const std::size_t executors = s.executors.load(std::memory_order_acquire);
        return executors + static_cast<std::size_t>(s.handlers.use_count());
    }
    void look(const boost::asio::any_io_executor& strand, steady_time t) noexcept override {
        if (auto& watch = of(strand).handlers->watch) watch->look(t);
    }
    void pass_on(const boost::asio::any_io_executor& strand, const shared_string& uid,
                 run_id id) noexcept override {
        if (auto& watch = of(strand).handlers->watch) watch->pass_on(uid, id);
    }

    void close() noexcept override {
        std::lock_guard lock(mutex_);
        open_ = false;
        home_.reset();
        while (first_ != nullptr) delete std::exchange(first_, first_->next);
        count_ = 0;
    }

    /// Any thread.
    static void give_back(run_strand<Home>* s) noexcept {
        const std::shared_ptr<strand_pool> self = std::move(s->pool);
        const bool idle = s->handlers.use_count() == 1; // none is there any more, so none can come
        s->handlers.reset();
        if (!idle || !self->keep(s)) delete s;
    }

private:
    [[nodiscard]] static const run_strand<Home>& of(const boost::asio::any_io_executor& strand) noexcept {
        return strand.target<body_executor<Home>>()->strand();
    }
    [[nodiscard]] run_strand<Home>* take() {
        std::lock_guard lock(mutex_);
        if (first_ == nullptr) return new run_strand<Home>(home_.value());
        --count_;
        return std::exchange(first_, first_->next);
    }
    [[nodiscard]] bool keep(run_strand<Home>* s) noexcept {
        std::lock_guard lock(mutex_);
        if (!open_ || count_ >= spares_max) return false;
        ++count_;
        s->next = std::exchange(first_, s);
        return true;
    }

    spare_blocks::owner spare_handlers_ = spare_blocks::open();
    std::mutex mutex_; // guards the rest
    std::optional<Home> home_;
    run_strand<Home>* first_ = nullptr;
    std::size_t count_ = 0;
    bool open_ = true;
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
