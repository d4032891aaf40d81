// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_CLOCK_WATCH_HPP
#define RONDO_RUNTIME_CLOCK_WATCH_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>

namespace rondo::runtime {

/// A descriptor that becomes readable when the wall clock was set or the machine has slept; -1 where
/// the system cannot tell, which is everywhere but on Linux.
[[nodiscard]] int open_clock_watch() noexcept;

/// Listens to such a descriptor. It owns it, and nothing of an execution context: that is all in the
/// frame of `listen`.
class clock_watch {
public:
    explicit clock_watch(int descriptor) noexcept : descriptor_(descriptor) {}
    clock_watch(const clock_watch&) = delete;
    clock_watch& operator=(const clock_watch&) = delete;
    ~clock_watch();

    [[nodiscard]] bool works() const noexcept { return descriptor_ >= 0; }
    /// Calls `moved` each time, until `stop` or a failure; once. `executor` is a strand, for `stop` too.
    boost::asio::awaitable<void> listen(boost::asio::any_io_executor executor, std::function<void()> moved);
    void stop() noexcept;

private:
    int descriptor_; // until somebody listens
#if defined(BOOST_ASIO_HAS_POSIX_STREAM_DESCRIPTOR)
    boost::asio::posix::stream_descriptor* stream_ = nullptr; // the listener's, while it is there
#endif
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_CLOCK_WATCH_HPP
