// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_STORE_THREAD_HPP
#define RONDO_REPOSITORY_STORE_THREAD_HPP

#include <csignal>
#include <memory>
#include <thread>

namespace rondo::repository_detail {

/// A thread that runs `w->run()`. The application's signals are for its own threads.
template <class Worker>
[[nodiscard]] std::thread start_thread(const std::shared_ptr<Worker>& w) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    struct restore {
        const sigset_t& mask;
        ~restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
    } const restored{before};
    return std::thread([w] { w->run(); });
}

} // namespace rondo::repository_detail

#endif // RONDO_REPOSITORY_STORE_THREAD_HPP
