// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/sqlite_repository.hpp>

#include <repository/sqlite/call.hpp>
#include <repository/sqlite/recording.hpp>
#include <repository/store_thread.hpp>
#include <repository/user_ids.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace rondo::sqlite::detail {
namespace {

template <class T>
repository::awaitable<T> refuse(errc why = errc::invalid_option) {
    co_return why;
}

// In parts, with what is to be recorded between them.
repository::awaitable<std::vector<task_summary>> sum_up(std::shared_ptr<writer> w, summary_filter filter) {
    std::vector<task_summary> all;
    std::optional<summary_place> place(std::in_place);
    while (place) {
        auto work = [filter, from = std::move(*place)](detail::database& db) {
            return db.sum_up(filter, from);
        };
        BOOST_OUTCOME_CO_TRY(summary_part part, co_await call(w, std::move(work)));
        for (task_summary& s : part.tasks) all.push_back(std::move(s));
        place = std::move(part.next);
    }
    co_return all;
}

template <class T>
result<T> result_of(const job& j, T& value) {
    if (j.error) return *j.error;
    return std::move(value);
}

boost::asio::awaitable<recorded_runs> record_all(std::shared_ptr<writer> w, std::shared_ptr<recording> all) {
    const auto ends = std::make_shared<ends_job>(all);
    const auto begins = std::make_shared<begins_job>(all);
    if (all->more != nullptr) all->more->open();
    const polling p = w->poll_for_answer();
    if (co_await submit(std::move(w), p, ends, begins)) { // given up: the thread may be at work on them
        const error_code aborted = boost::asio::error::operation_aborted;
        co_return recorded_runs{aborted, aborted};
    }
    co_return recorded_runs{result_of(*ends, all->states), result_of(*begins, all->answers)};
}

} // namespace

sqlite_repository::sqlite_repository(std::shared_ptr<writer> w, std::shared_ptr<side_reader> reader,
                                     std::unique_ptr<lock_file> lock)
    : lock_(std::move(lock)), writer_(std::move(w)), reader_(std::move(reader)),
      thread_(repository_detail::start_thread(writer_)) {}

sqlite_repository::~sqlite_repository() {
    if (reader_ != nullptr) reader_->stop(); // before the writer, which then leaves one file alone
    if (reader_thread_.joinable()) reader_thread_.join();
    writer_->stop();
    thread_.join();
}

// Few ever need it.
bool sqlite_repository::start_reader() noexcept {
    if (reader_ == nullptr) return false;
    try {
        const std::lock_guard lock(reader_mutex_);
        if (!reader_thread_.joinable()) reader_thread_ = repository_detail::start_thread(reader_);
        return true;
    } catch (const std::exception&) { // no thread to be had, or no memory
        return false;
    }
}

repository::awaitable<std::uint64_t> sqlite_repository::start(wall_time now) {
    return call(writer_, [now](detail::database& db) { return db.start(now); });
}

repository::awaitable<std::vector<task_state>>
sqlite_repository::register_tasks(std::vector<task_definition> tasks) {
    return call(writer_,
                [tasks = std::move(tasks)](detail::database& db) { return db.register_tasks(tasks); });
}

repository::awaitable<void> sqlite_repository::update_tasks(std::vector<task_update> updates) {
    return call(writer_, [updates = std::move(updates)](detail::database& db) { db.update_tasks(updates); });
}

repository::awaitable<std::vector<begin_answer>>
sqlite_repository::begin_runs(std::vector<begin_request> requests) {
    return call(
        writer_, [requests = std::move(requests)](detail::database& db) { return db.begin_runs(requests); },
        writer_->poll_for_answer());
}

repository::awaitable<std::vector<finish_state>>
sqlite_repository::finish_runs(std::vector<finish_request> requests) {
    if (!all_ended(requests)) return refuse<std::vector<finish_state>>();
    return call(
        writer_, [requests = std::move(requests)](detail::database& db) { return db.finish_runs(requests); },
        writer_->poll_for_answer());
}

// Works on values alone, as any call.
boost::asio::awaitable<recorded_runs> sqlite_repository::record_runs(std::vector<finish_request> ended,
                                                                     std::vector<begin_request> begun,
                                                                     std::shared_ptr<joining_runs> more) {
    auto all = std::make_shared<recording>();
    all->ended = std::move(ended);
    all->begun = std::move(begun);
    all->more = std::move(more);
    return record_all(writer_, std::move(all));
}

repository::awaitable<history_page> sqlite_repository::history(history_filter filter) {
    return call(writer_, [filter = std::move(filter)](detail::database& db) { return db.history(filter); });
}

repository::awaitable<std::optional<run>> sqlite_repository::find_run(run_id id) {
    return call(writer_, [id](detail::database& db) { return db.find_run(id); });
}

repository::awaitable<std::vector<run>> sqlite_repository::last_runs(std::optional<std::string> user) {
    return call(writer_, [user = std::move(user)](detail::database& db) { return db.last_runs(user); });
}

repository::awaitable<std::vector<task_summary>> sqlite_repository::summary(summary_filter filter) {
    return sum_up(writer_, std::move(filter));
}

repository::awaitable<std::vector<skip_range>> sqlite_repository::skips(std::string uid, std::size_t limit) {
    return call(writer_,
                [uid = std::move(uid), limit](detail::database& db) { return db.skips(uid, limit); });
}

repository::awaitable<std::vector<user>> sqlite_repository::users() {
    return call(writer_, [](detail::database& db) { return db.users(); });
}

repository::awaitable<void> sqlite_repository::add_users(std::vector<user> users) {
    if (!repository_detail::all_valid(users)) return refuse<void>();
    return call(writer_, [users = std::move(users)](detail::database& db) { db.add_users(users); });
}

repository::awaitable<void> sqlite_repository::remove_users(std::vector<user> users) {
    if (!repository_detail::all_valid(users)) return refuse<void>();
    return call(writer_, [users = std::move(users)](detail::database& db) { db.remove_users(users); });
}

repository::awaitable<void> sqlite_repository::back_up(std::string path) {
    if (!start_reader()) return refuse<void>(errc::store_failed);
    return call(reader_, [path = std::move(path)](detail::database& db) { db.copy_to(path); });
}

repository::awaitable<std::vector<std::string>> sqlite_repository::find_damage(std::size_t limit) {
    if (limit == 0 || limit > damage_limit_max) return refuse<std::vector<std::string>>();
    if (!start_reader()) return refuse<std::vector<std::string>>(errc::store_failed);
    return call(reader_, [limit](detail::database& db) { return db.damage(limit); });
}

repository::awaitable<prune_progress> sqlite_repository::prune(prune_policy policy) {
    return call(writer_, [policy](detail::database& db) { return db.prune(policy); });
}

} // namespace rondo::sqlite::detail
