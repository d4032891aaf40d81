// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/postgres_repository.hpp>

#include <repository/postgres/call.hpp>
#include <repository/postgres/recording.hpp>
#include <repository/store_thread.hpp>
#include <repository/user_ids.hpp>

#include <boost/system/system_error.hpp>

#include <optional>
#include <system_error>
#include <utility>

namespace rondo::postgres {
namespace detail {
namespace {

template <class T>
repository::awaitable<T> refuse() {
    co_return errc::invalid_option;
}

boost::asio::awaitable<recorded_runs> record_all(std::shared_ptr<session> s, std::shared_ptr<recording> all) {
    const bool aborted = co_await submit(std::move(s), all);
    const error_code given_up = boost::asio::error::operation_aborted;
    if (aborted) co_return recorded_runs{given_up, given_up};
    co_return std::move(all->said());
}

repository::awaitable<std::vector<begin_answer>> begin_all(std::shared_ptr<session> s,
                                                           std::shared_ptr<recording> all) {
    const recorded_runs said = co_await record_all(std::move(s), std::move(all));
    co_return said.begun;
}

repository::awaitable<std::vector<finish_state>> finish_all(std::shared_ptr<session> s,
                                                            std::shared_ptr<recording> all) {
    const recorded_runs said = co_await record_all(std::move(s), std::move(all));
    co_return said.finished;
}

repository::awaitable<void> ask_for_run_of(std::shared_ptr<session> s, run_request wanted) {
    auto work = [wanted = std::move(wanted)](database& db) { return db.ask_for_run(wanted); };
    const result<database::asked> said = co_await call(std::move(s), std::move(work));
    if (!said) co_return said.error();
    if (said.value() == database::asked::no_such_task) co_return errc::task_not_exists;
    if (said.value() == database::asked::of_another) co_return errc::invalid_option;
    co_return boost::outcome_v2::success();
}

} // namespace

postgres_repository::postgres_repository(std::shared_ptr<session> s)
    : session_(std::move(s)), thread_(repository_detail::start_thread(session_)) {}

postgres_repository::~postgres_repository() {
    session_->stop();
    thread_.join();
}

repository::awaitable<repository_news> postgres_repository::watch() {
    return session_->is_shared() ? news_desk::wait(session_->desk()) : repository::watch();
}

repository::awaitable<void> postgres_repository::ask_for_run(run_request wanted) {
    constexpr std::chrono::hours longest(24);
    const bool sound = wanted.id != run_id() && wanted.keep_for > std::chrono::milliseconds(0) &&
                       wanted.keep_for <= longest && repository_detail::all_valid(wanted.users);
    if (!session_->is_shared() || !sound) return refuse<void>();
    return ask_for_run_of(session_, std::move(wanted));
}

repository::awaitable<std::uint64_t> postgres_repository::ask_to_cancel(cancel_request unwanted) {
    if (!session_->is_shared()) return refuse<std::uint64_t>();
    return call(session_,
                [unwanted = std::move(unwanted)](database& db) { return db.ask_to_cancel(unwanted); });
}

repository::awaitable<std::uint64_t> postgres_repository::start(wall_time now) {
    return call(session_, [now](database& db) { return db.start(now); });
}

repository::awaitable<std::vector<task_state>>
postgres_repository::register_tasks(std::vector<task_definition> tasks) {
    return call(session_, [tasks = std::move(tasks)](database& db) { return db.register_tasks(tasks); });
}

repository::awaitable<void> postgres_repository::update_tasks(std::vector<task_update> updates) {
    return call(session_, [updates = std::move(updates)](database& db) { return db.update_tasks(updates); });
}

repository::awaitable<std::vector<begin_answer>>
postgres_repository::begin_runs(std::vector<begin_request> requests) {
    return begin_all(session_,
                     std::make_shared<recording>(std::vector<finish_request>(), std::move(requests)));
}

repository::awaitable<std::vector<finish_state>>
postgres_repository::finish_runs(std::vector<finish_request> requests) {
    return finish_all(session_,
                      std::make_shared<recording>(std::move(requests), std::vector<begin_request>()));
}

boost::asio::awaitable<recorded_runs> postgres_repository::record_runs(std::vector<finish_request> ended,
                                                                       std::vector<begin_request> begun,
                                                                       std::shared_ptr<joining_runs>) {
    return record_all(session_, std::make_shared<recording>(std::move(ended), std::move(begun)));
}

repository::awaitable<history_page> postgres_repository::history(history_filter filter) {
    return call<true>(session_, [filter = std::move(filter)](database& db) { return db.history(filter); });
}

repository::awaitable<std::optional<run>> postgres_repository::find_run(run_id id) {
    return call<true>(session_, [id](database& db) { return db.find_run(id); });
}

repository::awaitable<std::vector<run>> postgres_repository::last_runs(std::optional<std::string> user) {
    return call<true>(session_, [user = std::move(user)](database& db) { return db.last_runs(user); });
}

repository::awaitable<std::vector<skip_range>> postgres_repository::skips(std::string uid,
                                                                          std::size_t limit) {
    return call<true>(session_, [uid = std::move(uid), limit](database& db) { return db.skips(uid, limit); });
}

repository::awaitable<std::vector<user>> postgres_repository::users() {
    return call<true>(session_, [](database& db) { return db.users(); });
}

repository::awaitable<void> postgres_repository::add_users(std::vector<user> users) {
    if (!repository_detail::all_valid(users)) return refuse<void>();
    return call(session_, [users = std::move(users)](database& db) { return db.add_users(users); });
}

repository::awaitable<void> postgres_repository::remove_users(std::vector<user> users) {
    if (!repository_detail::all_valid(users)) return refuse<void>();
    return call(session_, [users = std::move(users)](database& db) { return db.remove_users(users); });
}

repository::awaitable<prune_progress> postgres_repository::prune(prune_policy policy) {
    return call(session_, [policy](database& db) { return db.prune(policy); });
}

} // namespace detail

namespace {

bool is_in(std::chrono::milliseconds value, std::chrono::milliseconds least) noexcept {
    return least <= value && value <= std::chrono::hours(1);
}

bool is_sound(const options& o) noexcept {
    constexpr std::size_t name_size_max = 63;
    const bool named =
        !o.schema.empty() && o.schema.size() <= name_size_max && o.schema.find('\0') == std::string::npos;
    using std::chrono::milliseconds;
    // One renewal may fail: a third, and the time it takes to see that, are over before the lease is not trusted.
    const bool leased = is_in(o.lease, milliseconds(100)) && o.operation_timeout * 10 <= o.lease * 3;
    return named && (o.lease == milliseconds(0) || leased) && is_in(o.operation_timeout, milliseconds(1)) &&
           is_in(o.connect_timeout, milliseconds(1)) && is_in(o.reconnect_max, milliseconds(50));
}

} // namespace

result<std::shared_ptr<repository>> open(const std::string& connection_string, options opt) {
    if (!is_sound(opt)) return errc::invalid_option;
    try {
        detail::settings s{detail::parse_connection_string(connection_string), std::move(opt)};
        (void)detail::places_of(s.values);
        return std::make_shared<detail::postgres_repository>(std::make_shared<detail::session>(std::move(s)));
    } catch (const detail::failure& f) {
        return f.why();
    } catch (const std::system_error&) { // no thread to be had
        return errc::store_failed;
    } catch (const boost::system::system_error&) { // no descriptor
        return errc::store_failed;
    }
}

} // namespace rondo::postgres
