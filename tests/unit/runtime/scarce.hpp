// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_SCARCE_HPP
#define RONDO_TESTS_UNIT_RUNTIME_SCARCE_HPP

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <new>
#include <utility>

namespace rondo::tests {

/// An executor that may find no memory to take a function in.
class scarce {
public:
    explicit scarce(boost::asio::io_context::executor_type h) noexcept : home_(std::move(h)) {}
    static inline bool none_left = false;

    template <class P>
        requires boost::asio::can_query<const boost::asio::io_context::executor_type&, P>::value
    decltype(auto) query(const P& p) const {
        return boost::asio::query(home_, p);
    }
    scarce require(const boost::asio::execution::blocking_t::never_t&) const noexcept { return *this; }
    template <class F>
    void execute(F&& f) const {
        if (none_left) throw std::bad_alloc();
        boost::asio::require(home_, boost::asio::execution::blocking.never).execute(std::forward<F>(f));
    }
    friend bool operator==(const scarce&, const scarce&) noexcept = default;

private:
    boost::asio::io_context::executor_type home_;
};

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_SCARCE_HPP
