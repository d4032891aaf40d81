// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_BODY_EXECUTOR_HPP
#define RONDO_RUNTIME_BODY_EXECUTOR_HPP

#include <runtime/stopwatch.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace rondo::runtime {

/// The strand of a run, whose handlers are timed. In all else it is that strand.
class body_executor {
public:
    using inner = boost::asio::strand<boost::asio::any_io_executor>;

    body_executor(inner strand, std::shared_ptr<stopwatch> watch) noexcept
        : strand_(std::move(strand)), watch_(std::move(watch)) {}

    template <class Property>
        requires boost::asio::can_query<const inner&, Property>::value
    decltype(auto) query(const Property& p) const {
        return boost::asio::query(strand_, p);
    }
    template <class Property>
        requires boost::asio::can_require<const inner&, Property>::value
    body_executor require(const Property& p) const {
        return {boost::asio::require(strand_, p), watch_};
    }
    template <class Property>
        requires boost::asio::can_prefer<const inner&, Property>::value
    body_executor prefer(const Property& p) const {
        return {boost::asio::prefer(strand_, p), watch_};
    }

    template <class F>
    void execute(F&& f) const {
        strand_.execute(timed<std::decay_t<F>>{std::forward<F>(f), watch_});
    }

    friend bool operator==(const body_executor& a, const body_executor& b) noexcept {
        return a.strand_ == b.strand_;
    }
    friend bool operator!=(const body_executor& a, const body_executor& b) noexcept { return !(a == b); }

private:
    template <class F>
    struct timed {
        F f;
        std::shared_ptr<stopwatch> watch; // lives for as long as the stretch, whatever `f` lets go of
        void operator()() {
            stopwatch::stretch here(*watch);
            std::move(f)();
        }
    };

    inner strand_;
    std::shared_ptr<stopwatch> watch_;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_BODY_EXECUTOR_HPP
