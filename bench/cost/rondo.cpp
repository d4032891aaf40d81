// SPDX-License-Identifier: BSL-1.0
// The least that a user of rondo compiles: `tools/cost` sees how long that takes.
#include <rondo/rondo.hpp>

#include <boost/asio/io_context.hpp>

namespace {

boost::asio::awaitable<void> beat(int& beats) {
    ++beats;
    co_return;
}

} // namespace

int main() {
    int beats = 0;
    boost::asio::io_context io;
    rondo::manager tasks(io.get_executor(), rondo::memory::open());
    tasks.async_start([&](rondo::result<rondo::start_report> started) {
        if (!started) return io.stop();
        rondo::task t("beat", "Beats", rondo::every(std::chrono::seconds(1)), [&] { return beat(beats); });
        tasks.async_add(std::move(t), [](rondo::result<void>) {});
    });
    io.run();
    return beats > 0 ? 0 : 1;
}
