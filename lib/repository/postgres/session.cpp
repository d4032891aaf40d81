// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/session.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rondo::postgres::detail {
namespace {

namespace asio = boost::asio;

using std::chrono::milliseconds;

constexpr milliseconds first_pause_max(50);
constexpr std::chrono::seconds never = std::chrono::seconds::max();
constexpr int tries_max = 5; // of one job, by transactions that may succeed again

// There is none for a timer either.
void wait_for_memory() {
    std::this_thread::sleep_for(milliseconds(10));
}

void make(asio::posix::stream_descriptor& bell) {
    struct descriptor {
        int fd;
        explicit descriptor(int number) noexcept : fd(number) {}
        ~descriptor() {
            if (fd >= 0) ::close(fd);
        }
    } made(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (made.fd < 0) throw boost::system::system_error(errno, boost::system::system_category());
    bell.assign(made.fd); // throws; then it is ours still
    made.fd = -1;
}

/// How the exception in flight looks from outside.
failure failure_in_flight() {
    try {
        throw;
    } catch (const failure& f) {
        return f;
    } catch (const std::exception& e) { // no memory, mostly
        return failure(errc::store_failed, e.what());
    }
}

} // namespace

/// Whatever becomes of a job, its caller is answered.
class session::answered {
public:
    answered(session& s, job& j) noexcept : session_(s), job_(j) { j.error = errc::store_failed; }
    answered(const answered&) = delete;
    answered& operator=(const answered&) = delete;
    ~answered() { session_.complete(job_); }

private:
    session& session_;
    job& job_;
};

session::session(settings s)
    : settings_(std::move(s)), connection_(context_, settings_),
      leases_(settings_.chosen.lease, std::make_shared<news_desk>()),
      database_(connection_, settings_, leases_), bell_(context_), wake_(context_), watch_(context_),
      random_(std::random_device()()), pause_max_(first_pause_max) {
    make(bell_);
}

bool session::push(std::shared_ptr<job> j) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        queue_.push_back(std::move(j));
    }
    ring(); // without the lock, for which the other would have to wait at once
    return true;
}

void session::ring() noexcept {
    (void)::eventfd_write(bell_.native_handle(), 1); // fails only where it has been rung and not been heard
}

void session::listen() {
    bell_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this, no = ++listen_no_](const error_code& e) {
                         if (no != listen_no_) return; // another wait is in its place
                         listening_ = false;
                         if (e == asio::error::operation_aborted || !serving_) return;
                         answer_bell();
                         while (!listening_) {
                             try {
                                 listen();
                             } catch (const std::exception&) { // or nobody would be heard
                                 wait_for_memory();
                             }
                         }
                     });
    listening_ = true;
}

void session::answer_bell() {
    eventfd_t times = 0;
    (void)::eventfd_read(bell_.native_handle(), &times);
    error_code ignored;
    wake_.cancel(ignored);
    connection_.stop_idling();
    if (is_over()) connection_.stop_opening();
}

void session::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    leases_.desk->close();
    ring();
}

// Where Asio itself finds no memory it lets go of the coroutine, and throws here. Then another goes on.
void session::run() {
    while (!is_over()) {
        try {
            asio::co_spawn(context_, serve(), [](const std::exception_ptr&) {});
        } catch (const std::exception&) {
            wait_for_memory();
            continue;
        }
        while (!run_out()) wait_for_memory();
        connection_.close();
    }
}

// False: something was thrown, and there may be more to do.
bool session::run_out() {
    try {
        context_.restart();
        context_.run();
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

bool session::is_over() {
    const std::lock_guard lock(mutex_);
    return stopped_ && queue_.empty();
}

std::shared_ptr<job> session::take() {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return nullptr;
    std::shared_ptr<job> first = std::move(queue_.front());
    queue_.pop_front();
    return first;
}

// Whatever is thrown, it goes on: others wait for it.
asio::awaitable<void> session::serve() {
    struct while_here { // also if Asio lets go of us
        session& s;
        explicit while_here(session& to) noexcept : s(to) { s.serving_ = true; }
        ~while_here() {
            s.serving_ = false;
            error_code ignored;
            s.watch_.cancel(ignored);
            s.bell_.cancel(ignored);
        }
    } const here(*this);
    while (!is_over()) {
        bool failed = false;
        try {
            co_await take_turn();
        } catch (const std::exception&) {
            failed = true;
        }
        if (failed) wait_for_memory();
    }
}

asio::awaitable<void> session::take_turn() {
    if (!listening_) listen();
    if (is_shared()) leases_.on_time(leases::now()); // first: the watch below begins anew
    if (connection_.take_notice()) {
        leases_.look_soon();
        keep_watch();
    }
    if (!watching_) keep_watch();
    if (!connection_.is_open()) {
        const bool connected = co_await connect();
        if (!connected) {
            if (!is_over()) co_await pause(next_pause());
            co_return;
        }
    }
    // Whoever always has something to do gives way to it once.
    if (has_to_replan(std::exchange(busy_, false) ? replan_every_ : never)) co_return co_await replan();
    // By turns, where both have much to do: a job is over long before a lease runs out.
    if (const bool others_first = std::exchange(looked_, false); has_to_look() && !others_first) {
        looked_ = true;
        busy_ = true;
        co_return co_await attempt(database_.look());
    }
    if (const std::shared_ptr<job> next = take(); next != nullptr) {
        std::optional<failure> failed;
        {
            const answered sure(*this, *next);
            if (!next->may_be_left() || !next->waiter.expired()) failed = co_await perform(*next);
        }
        if (failed) {
            complain(*failed);
        } else {
            last_complaint_.clear();
            worked_ = true;
            pause_max_ = first_pause_max;
        }
        busy_ = true;
        co_return;
    }
    if (is_over() || has_to_look()) co_return;
    // Now, so that no run that is due has to wait for it.
    if (has_to_replan(std::chrono::seconds(0))) co_return co_await replan();
    if (database_.has_to_plan()) co_return co_await attempt(database_.plan_next());
    // What was pushed since has rung the bell, which ends the wait.
    co_await connection_.idle();
}

bool session::has_to_look() const noexcept {
    return is_shared() && leases_.next() <= leases::now();
}

bool session::has_to_replan(std::chrono::seconds grace) const noexcept {
    return settings_.chosen.prepare && grace != never && leases::now() >= replan_at_ + grace;
}

// Plans are kept, and are for tables as they were: small ones grow, soon after the start above all.
asio::awaitable<void> session::replan() {
    constexpr std::chrono::seconds longest(64);
    replan_at_ = leases::now() + replan_every_;
    replan_every_ = std::min(2 * replan_every_, longest);
    co_await attempt(database_.forget_plans());
}

// What nobody waits for.
asio::awaitable<void> session::attempt(asio::awaitable<void> work) {
    std::optional<failure> failed;
    try {
        co_await std::move(work);
    } catch (...) {
        failed = failure_in_flight();
    }
    if (!failed) {
        worked_ = true;
        pause_max_ = first_pause_max;
        co_return;
    }
    if (failed->wants_reconnect()) connection_.close();
    complain(*failed);
    if (!connection_.is_open() && !is_over())
        co_await pause(next_pause()); // or we would do nothing but connect
}

// Tells of leases that run out while nothing else can be done, and ends the wait for something to do when it is time to
// look.
void session::keep_watch() {
    watching_ = false; // until it is there, as it may throw
    if (!is_shared() || !serving_) return;
    const steady_time now = leases::now();
    const std::chrono::nanoseconds longest = leases_.look_every();
    const auto until = [&](steady_time t) { return t <= now ? longest : std::min(longest, t - now); };
    watch_.expires_after(std::min(until(leases_.keeper.next_expiry()), until(leases_.next())));
    watch_.async_wait([this, no = ++watch_no_](const error_code& e) {
        if (no != watch_no_) return; // another wait is in its place
        watching_ = false;
        if (e || !serving_) return;
        if (has_to_look()) connection_.stop_idling();
        try {
            leases_.on_time(leases::now());
            keep_watch();
        } catch (const std::exception&) { // no memory: `take_turn` goes on with it
            connection_.stop_idling();
        }
    });
    watching_ = true;
}

asio::awaitable<bool> session::connect() {
    std::optional<failure> failed;
    try {
        co_await connection_.open();
        co_await database_.greet();
    } catch (...) {
        connection_.close(); // first, as the next may throw: it must not be used
        failed = failure_in_flight();
    }
    if (failed) {
        if (!std::exchange(told_lost_, true) || last_complaint_ != failed->what())
            log(log_level::warning, std::string("PostgreSQL cannot be used: ") + failed->what());
        last_complaint_ = failed->what();
        fail_all(failed->why());
        co_return false;
    }
    if (std::exchange(told_lost_, false)) log(log_level::warning, "PostgreSQL can be used again");
    if (std::exchange(worked_, false)) pause_max_ = first_pause_max; // else it may be of no use again
    leases_.connected_at = leases::now();
    leases_.look_at = leases_.connected_at; // at what nobody told us meanwhile
    replan_every_ = std::chrono::seconds(1);
    replan_at_ = leases_.connected_at + replan_every_;
    co_return true;
}

milliseconds session::next_pause() {
    const milliseconds most = std::min(pause_max_, settings_.chosen.reconnect_max);
    pause_max_ = most * 2;
    return milliseconds(std::uniform_int_distribution<milliseconds::rep>(1, most.count())(random_));
}

// Ends early when it is stopped, but not for each job: those wait for the next attempt.
asio::awaitable<void> session::pause(milliseconds how_long) {
    const auto until = std::chrono::steady_clock::now() + how_long;
    while (!stopping() && std::chrono::steady_clock::now() < until) {
        wake_.expires_at(until);
        error_code ignored;
        co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<std::optional<failure>> session::perform(job& j) {
    for (int tries = 1;; ++tries) {
        std::optional<failure> failed;
        try {
            co_await j.run(database_);
        } catch (...) {
            failed = failure_in_flight();
        }
        if (failed && failed->again() && tries < tries_max && connection_.is_open()) continue;
        j.error = failed ? std::optional<errc>(failed->why()) : std::nullopt;
        co_return failed;
    }
}

// Once, however often the same happens, until something succeeds. It may wait for memory or for the sink, nobody else
// does.
void session::complain(const failure& f) {
    if (last_complaint_ == f.what()) return;
    last_complaint_ = f.what();
    log(log_level::warning, std::string("PostgreSQL: ") + f.what());
}

void session::complete(job& j) noexcept {
    try {
        if (const auto w = j.waiter.lock()) w->home().complete(*w, false);
    } catch (const std::exception&) { // no memory: whoever waits is let go of
    }
}

void session::fail_all(errc why) {
    while (const std::shared_ptr<job> j = take()) {
        j->error = why;
        complete(*j);
    }
}

bool session::stopping() {
    const std::lock_guard lock(mutex_);
    return stopped_;
}

void session::log(log_level level, const std::string& line) const noexcept {
    try {
        if (settings_.chosen.log) settings_.chosen.log(level, line);
    } catch (...) { // the sink's own affair
    }
}

} // namespace rondo::postgres::detail
