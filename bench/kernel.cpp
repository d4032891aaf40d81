// SPDX-License-Identifier: BSL-1.0
#include <kernel.hpp>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace rondo::bench {
namespace {

int checked(int result, const char* call) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), call);
    return result;
}

} // namespace

kernel_loop::kernel_loop(std::chrono::nanoseconds /*resolution*/) {
    timer_ = checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
    epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &wanted), "epoll_ctl");
}

kernel_loop::~kernel_loop() {
    ::close(epoll_);
    ::close(timer_);
}

void kernel_loop::push(steady_time due, one& task) {
    heap_.push({due, &task});
}

void kernel_loop::add(std::size_t i, std::chrono::microseconds period, steady_time first,
                      std::function<void(steady_time)> body) {
    auto [place, is_new] = tasks_.try_emplace(task_id(i));
    if (!is_new) throw std::logic_error("a task is added twice");
    place->second = std::make_unique<one>();
    place->second->body = std::move(body);
    place->second->period = period;
    push(first, *place->second);
}

void kernel_loop::at(steady_time when, std::function<void()> f) {
    others_.push_back(std::make_unique<one>());
    others_.back()->body = [f = std::move(f)](steady_time) { f(); };
    push(when, *others_.back());
}

void kernel_loop::run_due() {
    const auto now = std::chrono::steady_clock::now();
    while (!stopped_ && !heap_.empty() && heap_.top().due <= now) {
        const entry e = heap_.top();
        heap_.pop();
        if (e.task->removed) continue;
        e.task->body(e.due);
        if (e.task->period.count() > 0) push(e.due + e.task->period, *e.task);
    }
}

void kernel_loop::wait() {
    if (heap_.empty()) throw std::logic_error("nothing is due, ever");
    const auto due = heap_.top().due.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(due);
    itimerspec at{};
    at.it_value.tv_sec = whole.count();
    at.it_value.tv_nsec = std::chrono::nanoseconds(due - whole).count();
    checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr), "timerfd_settime");
    epoll_event seen{};
    if (::epoll_wait(epoll_, &seen, 1, -1) < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "epoll_wait");
    std::uint64_t expired = 0;
    (void)!::read(timer_, &expired, sizeof expired); // nothing to read: it was set again meanwhile
}

void kernel_loop::run() {
    for (stopped_ = false; !stopped_;) {
        run_due();
        if (!stopped_ && heap_.top().due > std::chrono::steady_clock::now()) wait();
    }
}

void kernel_loop::add_idle(std::size_t n, std::uint64_t& runs) {
    auto period = std::chrono::hours(1);
    for (std::size_t i = 0; i != n; ++i)
        add(i, period, std::chrono::steady_clock::now() + period, [&runs](steady_time) { ++runs; });
}

void kernel_loop::add_counting(const plan& p, std::uint64_t& runs) {
    for (std::size_t i = 0; i != p.phases.size(); ++i)
        add(i, p.period, p.base.steady + p.phases[i], [&runs](steady_time) { ++runs; });
}

void kernel_loop::add_recording(const plan& p, recorder& r) {
    for (std::size_t i = 0; i != p.phases.size(); ++i)
        add(i, p.period, p.base.steady + p.phases[i],
            [&r](steady_time due) { r.take(due, std::chrono::steady_clock::now()); });
}

// The heap finds them when they are due.
void kernel_loop::remove(const std::vector<std::uint32_t>& order) {
    for (std::uint32_t i : order) {
        auto found = tasks_.find(task_id(i));
        if (found == tasks_.end()) throw std::logic_error("a task is not there");
        found->second->removed = true;
        others_.push_back(std::move(found->second));
        tasks_.erase(found);
    }
}

} // namespace rondo::bench
