// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_BODY_EXECUTOR_HPP
#define RONDO_RUNTIME_BODY_EXECUTOR_HPP

#include <runtime/stopwatch.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace rondo::runtime {

/// The strand of a run over `Home`, whose handlers are timed if there is a stopwatch. In all else it is that
/// strand, but so small that an `any_io_executor` holds it without memory of its own: a coroutine copies its
/// executor at each turn.
template <class Home>
class body_executor {
public:
    using inner = boost::asio::strand<Home>;

    /// `watch` may be null.
    body_executor(inner strand, std::shared_ptr<stopwatch> watch)
        : shared_(std::make_shared<const shared>(std::move(strand), std::move(watch))) {}

    template <class Property>
        requires boost::asio::can_query<const inner&, Property>::value
    decltype(auto) query(const Property& p) const {
        return boost::asio::query(shared_->strand, p);
    }
    template <class Property>
        requires boost::asio::can_require<const inner&, Property>::value
    auto require(const Property& p) const {
        return with(boost::asio::require(shared_->strand, p));
    }
    template <class Property>
        requires boost::asio::can_prefer<const inner&, Property>::value
    auto prefer(const Property& p) const {
        return with(boost::asio::prefer(shared_->strand, p));
    }

    template <class F>
    void execute(F&& f) const {
        if (shared_->watch == nullptr) return shared_->strand.execute(std::forward<F>(f));
        shared_->strand.execute(timed<std::decay_t<F>>{std::forward<F>(f), shared_->watch});
    }

    friend bool operator==(const body_executor& a, const body_executor& b) noexcept {
        return a.shared_->strand == b.shared_->strand;
    }
    friend bool operator!=(const body_executor& a, const body_executor& b) noexcept { return !(a == b); }

private:
    // A property may make `Home` another type.
    template <class Other>
    body_executor<Other> with(boost::asio::strand<Other> other) const {
        return {std::move(other), shared_->watch};
    }

    struct shared {
        inner strand;
        std::shared_ptr<stopwatch> watch;

        shared(inner s, std::shared_ptr<stopwatch> w) noexcept : strand(std::move(s)), watch(std::move(w)) {}
    };
    template <class F>
    struct timed {
        F f;
        std::shared_ptr<stopwatch> watch; // lives for as long as the stretch, whatever `f` lets go of
        void operator()() {
            stopwatch::stretch here(*watch);
            std::move(f)();
        }
    };

    std::shared_ptr<const shared> shared_; // immutable, so any thread may have a copy
};

/// A strand of a run's own over `home`. That of an `io_context` is known by its type:
/// what is asked of an erased executor costs memory each time.
[[nodiscard]] inline boost::asio::any_io_executor make_body_executor(const boost::asio::any_io_executor& home,
                                                                     std::shared_ptr<stopwatch> watch) {
    using context = boost::asio::io_context::executor_type;
    if (const auto* of_context = home.target<context>())
        return body_executor<context>(boost::asio::make_strand(*of_context), std::move(watch));
    return body_executor<boost::asio::any_io_executor>(boost::asio::make_strand(home), std::move(watch));
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_BODY_EXECUTOR_HPP
