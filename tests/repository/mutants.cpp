// SPDX-License-Identifier: BSL-1.0
#include <rondo/memory.hpp>
#include <rondo/testing/repository_suite.hpp>

#include <repository/forwarding_repository.hpp>
#include <repository/mutants.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/mutants");

namespace {

using namespace rondo;
using testing::failures_of;
using testing::forwarding_repository;

// Each of these breaks one sentence of the contract.

struct forgets_that_it_ended : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        auto states = co_await inner_->finish_runs(std::move(requests));
        for (finish_state& s : states.value())
            if (s == finish_state::already) s = finish_state::recorded;
        co_return states;
    }
};

struct trusts_any_token : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        for (finish_request& r : requests) r.token = 0;
        return inner_->finish_runs(std::move(requests));
    }
};

struct ignores_the_cursor : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (begin_request& r : requests) r.force = true;
        return inner_->begin_runs(std::move(requests));
    }
};

struct never_forces : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (begin_request& r : requests) r.force = false;
        return inner_->begin_runs(std::move(requests));
    }
};

struct loses_skips : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (begin_request& r : requests) r.skipped.reset();
        return inner_->begin_runs(std::move(requests));
    }
};

struct loses_the_users : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (begin_request& r : requests)
            if (r.started) r.started->users.clear();
        return inner_->begin_runs(std::move(requests));
    }
};

struct moves_no_waiting_cursor : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        for (finish_request& r : requests) r.next_slot = moment();
        return inner_->finish_runs(std::move(requests));
    }
};

struct gives_up_after_a_refusal : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        std::vector<begin_answer> answers;
        bool refused = false;
        for (begin_request& r : requests) {
            std::vector<begin_request> one;
            one.push_back(std::move(r));
            begin_answer answer;
            answer.state = begin_state::conflict;
            if (!refused) {
                auto a = co_await inner_->begin_runs(std::move(one));
                answer = a.value().front();
            }
            refused = refused || answer.state != begin_state::recorded;
            answers.push_back(answer);
        }
        co_return answers;
    }
};

struct pages_skip_one : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<history_page> history(history_filter filter) override {
        auto page = co_await inner_->history(std::move(filter));
        if (page.value().next) --page.value().next->id.low;
        co_return page;
    }
};

struct pages_by_instant : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<history_page> history(history_filter filter) override {
        if (filter.before) filter.before->id = run_id();
        return inner_->history(std::move(filter));
    }
};

struct full_page_leads_on : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<history_page> history(history_filter filter) override {
        const std::size_t limit = filter.limit;
        auto page = co_await inner_->history(std::move(filter));
        auto& runs = page.value().runs;
        if (!runs.empty() && runs.size() == limit)
            page.value().next = history_key{runs.back().started_at, runs.back().id};
        co_return page;
    }
};

struct from_is_excluded : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<history_page> history(history_filter filter) override {
        if (filter.from) *filter.from += std::chrono::microseconds(1);
        return inner_->history(std::move(filter));
    }
};

struct abandons_nothing : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::uint64_t> start(wall_time) override { co_return std::uint64_t{0}; }
};

struct tells_no_change : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        auto states = co_await inner_->register_tasks(std::move(tasks));
        for (task_state& s : states.value()) s.schedule_changed = false;
        co_return states;
    }
};

/// A change is told to whoever makes it.
struct tells_change_once : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        auto states = co_await inner_->register_tasks(tasks);
        for (std::size_t i = 0; i != tasks.size(); ++i) {
            std::string& known = schedules_[tasks[i].uid.str()];
            if (known == tasks[i].schedule) states.value()[i].schedule_changed = false;
            known = tasks[i].schedule;
        }
        co_return states;
    }

private:
    std::map<std::string, std::string> schedules_;
};

/// Any begin makes the cursor the schedule's.
struct forgets_change_by_hand : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        auto states = co_await inner_->register_tasks(tasks);
        for (std::size_t i = 0; i != tasks.size(); ++i)
            if (begun_.contains(tasks[i].uid.str())) states.value()[i].schedule_changed = false;
        begun_.clear();
        co_return states;
    }
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (const begin_request& r : requests)
            if (!r.moves_cursor) begun_.insert(r.uid.str());
        return inner_->begin_runs(std::move(requests));
    }

private:
    std::set<std::string> begun_;
};

/// Nothing makes it that.
struct tells_change_for_ever : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        auto states = co_await inner_->register_tasks(tasks);
        for (std::size_t i = 0; i != tasks.size(); ++i) {
            const auto first = schedules_.try_emplace(tasks[i].uid.str(), tasks[i].schedule).first;
            states.value()[i].schedule_changed = first->second != tasks[i].schedule;
        }
        co_return states;
    }

private:
    std::map<std::string, std::string> schedules_;
};

struct cuts_at_nul : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        for (finish_request& r : requests) r.run.message = std::string(r.run.message.c_str());
        return inner_->finish_runs(std::move(requests));
    }
};

struct takes_any_user : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<void> add_users(std::vector<user> users) override {
        std::erase_if(users, [](const user& u) { return u.id().empty() || u.id().size() > 1024; });
        return inner_->add_users(std::move(users));
    }
};

struct sorts_backwards : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<run>> last_runs(std::optional<std::string> user) override {
        auto runs = co_await inner_->last_runs(std::move(user));
        std::reverse(runs.value().begin(), runs.value().end());
        co_return runs;
    }
};

struct miscounts_the_forgotten : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<prune_progress> prune(prune_policy policy) override {
        auto done = co_await inner_->prune(policy);
        ++done.value().runs;
        co_return done;
    }
};

/// A batch in parts, between which the call can be cut off.
struct begins_one_by_one : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        std::vector<begin_answer> answers;
        for (const begin_request& r : requests) {
            std::vector<begin_request> one(1, r);
            auto answer = co_await inner_->begin_runs(std::move(one));
            if (!answer) co_return answer.error();
            answers.push_back(answer.value().front());
            co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::deferred);
        }
        co_return answers;
    }
};

struct prunes_one_slice : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<prune_progress> prune(prune_policy policy) override {
        auto done = co_await inner_->prune(policy);
        done.value().next.reset();
        co_return done;
    }
};

struct prunes_without_limit : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<prune_progress> prune(prune_policy policy) override {
        policy.limit = 0;
        co_return co_await inner_->prune(policy);
    }
};

struct throws_at_times : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::optional<run>> find_run(run_id id) override {
        if (id == run_id()) throw std::runtime_error("no such id");
        return inner_->find_run(id);
    }
};

struct sums_up_to_the_end : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_summary>> summary(summary_filter filter) override {
        if (filter.to) *filter.to += std::chrono::seconds(1);
        return inner_->summary(std::move(filter));
    }
};

struct ranks_one_too_high : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_summary>> summary(summary_filter filter) override {
        auto all = co_await inner_->summary(std::move(filter));
        for (task_summary& s : all.value())
            if (s.runs % 2 == 0 && s.duration_p50 < s.duration_max)
                *s.duration_p50 += std::chrono::microseconds(1);
        co_return all;
    }
};

struct measures_the_abandoned : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_summary>> summary(summary_filter filter) override {
        auto all = co_await inner_->summary(std::move(filter));
        for (task_summary& s : all.value())
            if (s.abandoned > 0 && !s.duration_max) s.duration_max = std::chrono::microseconds(0);
        co_return all;
    }
};

struct keeps_no_lines : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        for (finish_request& r : requests) {
            if (r.run.output == nullptr) continue;
            auto cut = std::make_shared<run_output>(*r.run.output);
            cut->lines.clear();
            r.run.output = std::move(cut);
        }
        return inner_->finish_runs(std::move(requests));
    }
};

/// This one is none: it does as the base class does.
struct sums_up_by_pages : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<task_summary>> summary(summary_filter filter) override {
        return repository::summary(std::move(filter));
    }
};

struct fails_always : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    awaitable<std::vector<user>> users() override { co_return errc::store_failed; }
};

} // namespace

TEST_CASE("a repository that only forwards has no failures") {
    CHECK(failures_of<forwarding_repository>().empty());
}

TEST_CASE("a repository that leaves summaries to the base class has no failures") {
    CHECK(failures_of<sums_up_by_pages>().empty());
}

TEST_CASE_TEMPLATE("each mutant is caught", mutant, forgets_that_it_ended, trusts_any_token,
                   ignores_the_cursor, never_forces, loses_skips, loses_the_users, moves_no_waiting_cursor,
                   gives_up_after_a_refusal, pages_skip_one, pages_by_instant, full_page_leads_on,
                   from_is_excluded, abandons_nothing, tells_no_change, tells_change_once,
                   forgets_change_by_hand, tells_change_for_ever, cuts_at_nul, takes_any_user,
                   sorts_backwards, begins_one_by_one, miscounts_the_forgotten, prunes_one_slice,
                   prunes_without_limit, throws_at_times, sums_up_to_the_end, ranks_one_too_high,
                   measures_the_abandoned, keeps_no_lines, fails_always) {
    CHECK_FALSE(failures_of<mutant>().empty());
}

TEST_CASE("a repository that keeps nothing over a restart is caught") {
    testing::repository_under_test subject;
    subject.make_empty = [] { return memory::open(); };
    subject.reopen = [] { return memory::open(); };
    CHECK(testing::check_repository(subject).failures.size() >= 3);
}

TEST_CASE("a failure names the case, what was expected and what was seen") {
    const auto failures = failures_of<miscounts_the_forgotten>();
    REQUIRE_FALSE(failures.empty());
    const std::string& first = failures.front();
    CHECK(first == "empty batches are no errors: pruned: expected 0, seen 1");
}

TEST_SUITE_END();
