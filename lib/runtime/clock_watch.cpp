// SPDX-License-Identifier: BSL-1.0
#include <runtime/clock_watch.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cerrno>
#include <utility>

#if defined(__linux__)
#include <sys/timerfd.h>
#endif
#if defined(BOOST_ASIO_HAS_POSIX_STREAM_DESCRIPTOR)
#include <unistd.h>
#endif

namespace rondo::runtime {

#if defined(__linux__)
// A timer of the wall clock that is cancelled whenever that clock jumps against the monotonic one: when
// it is set, and when the machine wakes up (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET; the kernel asks
// in `timerfd_clock_was_set` whether the offset between the two has changed). A clock that is slewed
// takes the monotonic clock along, and needs no notice.
int open_clock_watch() noexcept {
    int descriptor = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor < 0) return -1;
    itimerspec never{};
    never.it_value.tv_sec = static_cast<decltype(never.it_value.tv_sec)>(
        sizeof(never.it_value.tv_sec) > 4 ? (1ull << 33) : 0x7fff'ffff);
    if (::timerfd_settime(descriptor, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) == 0)
        return descriptor;
    ::close(descriptor);
    return -1;
}
#else
int open_clock_watch() noexcept {
    return -1;
}
#endif

#if defined(BOOST_ASIO_HAS_POSIX_STREAM_DESCRIPTOR)
namespace {

enum class heard { moved, nothing, failure };

heard read_from(int descriptor) noexcept {
    std::array<char, 64> bytes{};
    auto n = ::read(descriptor, bytes.data(), bytes.size());
    if (n > 0 || (n < 0 && errno == ECANCELED)) return heard::moved;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return heard::nothing;
    return heard::failure;
}

} // namespace

clock_watch::~clock_watch() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

boost::asio::awaitable<void> clock_watch::listen(boost::asio::any_io_executor executor,
                                                 std::function<void()> moved) {
    boost::asio::posix::stream_descriptor stream(std::move(executor));
    boost::system::error_code ec;
    stream.assign(descriptor_, ec);
    if (ec) co_return; // still ours to close
    descriptor_ = -1;
    stream_ = &stream;
    struct leave { // also if the context drops the frame
        clock_watch& w;
        ~leave() { w.stream_ = nullptr; }
    } on_exit{*this};
    for (;;) {
        auto waited = co_await stream.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                                 boost::asio::as_tuple(boost::asio::deferred));
        if (std::get<0>(waited)) co_return;
        heard what = read_from(stream.native_handle());
        if (what == heard::failure) co_return;
        if (what == heard::moved) moved();
    }
}

void clock_watch::stop() noexcept {
    boost::system::error_code ec;
    if (stream_ != nullptr) stream_->close(ec);
}
#else
clock_watch::~clock_watch() = default;

boost::asio::awaitable<void> clock_watch::listen(boost::asio::any_io_executor, std::function<void()>) {
    co_return;
}

void clock_watch::stop() noexcept {}
#endif

} // namespace rondo::runtime
