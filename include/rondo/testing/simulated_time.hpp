// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTING_SIMULATED_TIME_HPP
#define RONDO_TESTING_SIMULATED_TIME_HPP

#include <rondo/error.hpp>
#include <rondo/manager_options.hpp>
#include <rondo/testing/virtual_clock.hpp>
#include <rondo/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/errc.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace rondo::testing {

namespace detail {
template <class Signature>
struct result_of;
template <class T>
struct result_of<void(result<T>)> {
    using type = result<T>;
};
/// What an operation of rondo completes with, with any completion token still to come.
template <class Operation>
using completion_of = typename result_of<boost::asio::completion_signature_of_t<Operation>>::type;
} // namespace detail

/// Time for tests: an `io_context` and a virtual clock that belong together. Time stands still but in
/// the calls below, which run what is ready, leap to the next deadline, and so on: a day of a server
/// takes as long as its handlers. Nothing here ever waits for real time.
///
/// Build your server on `executor()` with `options()`. What it waits for by a timer of its own is
/// outside: bodies sleep with `context::async_sleep_for`. Work of other threads (the SQLite
/// repository has one) is not awaited, so keep to `memory::open()`.
///
/// It must outlive the managers it serves. Single-threaded: all members are for one thread, and nobody
/// else may run the context. Works with any test framework: it only returns values.
class simulated_time {
public:
    /// Begins at 2025-01-01T00:00:00Z.
    simulated_time() = default;
    /// Begins at `start` of the wall clock.
    explicit simulated_time(wall_time start);
    simulated_time(const simulated_time&) = delete;
    simulated_time& operator=(const simulated_time&) = delete;

    /// Lets `d` pass (not negative), and runs all that happens until then, at its time. Returns the
    /// number of handlers that ran.
    std::size_t run_for(std::chrono::nanoseconds d);
    /// As above until the wall clock shows `t`; if it does already, no time passes.
    std::size_t run_until(wall_time t);
    /// Runs what is ready; no time passes. Returns the number of handlers that ran.
    std::size_t run_ready();
    /// Lets time pass until `wanted` returns true, which is asked before the first handler and after
    /// each. Returns whether it did: false once `limit` has passed, or nothing is ready and nobody
    /// waits for anything any more.
    bool run_until(const std::function<bool()>& wanted,
                   std::chrono::nanoseconds limit = std::chrono::hours(24));
    /// Lets time pass until an operation of rondo is complete, and returns its result:
    /// `time.complete(tasks.async_run("refresh"))`. Once `limit` has passed, or nobody waits any
    /// more: `boost::system::errc::timed_out`, and the operation goes on. Takes what the default token gives, or
    /// anything that can be called with a handler and has one completion signature, `void(result<T>)`.
    template <class Operation>
    detail::completion_of<Operation> complete(Operation operation,
                                              std::chrono::nanoseconds limit = std::chrono::hours(24)) {
        using answer = detail::completion_of<Operation>;
        auto got = std::make_shared<std::optional<answer>>(); // an operation that goes on may come later
        std::move(operation)([got](answer a) { got->emplace(std::move(a)); });
        if (!run_until([&] { return got->has_value(); }, limit))
            return make_error_code(boost::system::errc::timed_out);
        return std::move(**got);
    }

    /// The machine sleeps for `d` (not negative): both clocks go on, and nothing runs. What fell due
    /// meanwhile is late when time is let pass again.
    void suspend(std::chrono::nanoseconds d);
    /// Somebody sets the wall clock, forward or back; the monotonic clock goes on as it was.
    void set_wall(wall_time t);

    [[nodiscard]] instant now() const noexcept { return clock_.now(); }
    [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }
    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] virtual_clock& clock() noexcept { return clock_; }
    /// Defaults for a manager on this clock, with run ids that are the same each time.
    [[nodiscard]] manager_options options();

private:
    virtual_clock clock_; // outlives the context, where waits end
    boost::asio::io_context context_{1};
};

} // namespace rondo::testing

#endif // RONDO_TESTING_SIMULATED_TIME_HPP
