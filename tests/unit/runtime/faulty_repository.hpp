// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_FAULTY_REPOSITORY_HPP
#define RONDO_TESTS_UNIT_RUNTIME_FAULTY_REPOSITORY_HPP

#include <rondo/repository.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {

enum class fault {
    none,
    fails,           ///< an error
    throws_at_once,  ///< before there is a coroutine
    throws_later,    ///< inside it
    hangs,           ///< until it is cancelled
    hangs_deaf,      ///< for ever
    waits,           ///< until `let_go`, having done its work
    short_of_ends,   ///< of `record_runs`: one answer is missing
    short_of_begins, ///< likewise
};

/// Passes calls through, or spoils them, by their name.
class faulty_repository final : public repository {
public:
    /// `together`: calls are costly, and ends and begins come together, as two calls.
    explicit faulty_repository(std::shared_ptr<repository> inner, bool together = false)
        : inner_(std::move(inner)), together_(together) {}

    void set(const std::string& call, fault f) { faults_[call] = f; }
    void let_go() {
        for (auto& timer : std::exchange(waiting_, {})) timer->cancel();
    }

    [[nodiscard]] bool calls_are_costly() const noexcept override { return together_; }
    [[nodiscard]] bool records_together() const noexcept override { return together_; }
    [[nodiscard]] bool serves_many_strands() const noexcept override { return inner_->serves_many_strands(); }
    boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) override {
        if (faults_["record_runs"] == fault::throws_at_once) throw std::runtime_error("thrown at once");
        return record_both(std::move(ended), std::move(begun), std::move(more));
    }
    awaitable<std::uint64_t> start(wall_time now) override { return spoil("start", inner_->start(now)); }
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        return spoil("register_tasks", inner_->register_tasks(std::move(tasks)));
    }
    awaitable<void> update_tasks(std::vector<task_update> updates) override {
        return spoil("update_tasks", inner_->update_tasks(std::move(updates)));
    }
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        return spoil("begin_runs", inner_->begin_runs(std::move(requests)));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        return spoil("finish_runs", inner_->finish_runs(std::move(requests)));
    }
    awaitable<history_page> history(history_filter filter) override {
        return spoil("history", inner_->history(std::move(filter)));
    }
    awaitable<std::optional<run>> find_run(run_id id) override {
        return spoil("find_run", inner_->find_run(id));
    }
    awaitable<std::vector<run>> last_runs(std::optional<std::string> user) override {
        return spoil("last_runs", inner_->last_runs(std::move(user)));
    }
    awaitable<std::vector<task_summary>> summary(summary_filter filter) override {
        return spoil("summary", inner_->summary(std::move(filter)));
    }
    awaitable<std::vector<skip_range>> skips(std::string uid, std::size_t limit) override {
        return spoil("skips", inner_->skips(std::move(uid), limit));
    }
    awaitable<std::vector<user>> users() override { return spoil("users", inner_->users()); }
    awaitable<void> add_users(std::vector<user> users) override {
        return spoil("add_users", inner_->add_users(std::move(users)));
    }
    awaitable<void> remove_users(std::vector<user> users) override {
        return spoil("remove_users", inner_->remove_users(std::move(users)));
    }
    awaitable<prune_progress> prune(prune_policy policy) override {
        return spoil("prune", inner_->prune(policy));
    }

private:
    boost::asio::awaitable<recorded_runs> record_both(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) {
        const fault f = faults_["record_runs"];
        if (f == fault::throws_later) throw 42;
        auto said = co_await repository::record_runs(std::move(ended), std::move(begun), std::move(more));
        if (f == fault::short_of_ends && !said.finished.value().empty()) said.finished.value().pop_back();
        if (f == fault::short_of_begins && !said.begun.value().empty()) said.begun.value().pop_back();
        co_return said;
    }

    template <class T>
    boost::asio::awaitable<T> spoil(const char* call, boost::asio::awaitable<T> inner) {
        fault f = faults_[call];
        if (f == fault::throws_at_once) throw std::runtime_error("thrown at once");
        if (f == fault::waits) return answer_later(std::move(inner));
        return play(f, std::move(inner));
    }

    template <class T>
    boost::asio::awaitable<T> answer_later(boost::asio::awaitable<T> inner) {
        T answer = co_await std::move(inner);
        auto timer = std::make_shared<boost::asio::steady_timer>(
            co_await boost::asio::this_coro::executor, boost::asio::steady_timer::time_point::max());
        waiting_.push_back(timer);
        boost::system::error_code cancelled;
        co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
        co_return answer;
    }

    template <class T>
    static boost::asio::awaitable<T> play(fault f, boost::asio::awaitable<T> inner) {
        if (f == fault::fails) co_return T(errc::store_failed);
        if (f == fault::throws_later) throw 42;
        if (f == fault::hangs_deaf)
            co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
        if (f == fault::hangs || f == fault::hangs_deaf) {
            boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                            boost::asio::steady_timer::time_point::max());
            co_await never.async_wait(boost::asio::use_awaitable);
        }
        co_return co_await std::move(inner);
    }

    std::shared_ptr<repository> inner_;
    bool together_;
    std::map<std::string, fault> faults_;
    std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_FAULTY_REPOSITORY_HPP
