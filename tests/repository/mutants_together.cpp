// SPDX-License-Identifier: BSL-1.0
// Mutants of the call that ends and begins together.
#include <repository/forwarding_repository.hpp>
#include <repository/mutants.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <optional>
#include <ostream>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("repository/mutants_together");

namespace {

using namespace rondo;
using testing::failures_of;
using testing::forwarding_repository;

struct lets_none_join : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    using recording = boost::asio::awaitable<recorded_runs>;
    virtual recording both(std::vector<finish_request> ended, std::vector<begin_request> begun) = 0;
    recording record_runs(std::vector<finish_request> ended, std::vector<begin_request> begun,
                          std::shared_ptr<joining_runs> /*more*/) override {
        return both(std::move(ended), std::move(begun));
    }
};

struct forgets_begins_beside_ends : lets_none_join {
    using lets_none_join::lets_none_join;
    recording both(std::vector<finish_request> ended, std::vector<begin_request> begun) override {
        std::vector<begin_answer> answers(begun.size());
        for (std::size_t i = 0; i != begun.size(); ++i) answers[i].next_slot = begun[i].next;
        auto finished = co_await inner_->finish_runs(std::move(ended));
        co_return recorded_runs{std::move(finished), std::move(answers)};
    }
};

struct lets_a_refusal_fail_what_is_beside_it : lets_none_join {
    using lets_none_join::lets_none_join;
    recording both(std::vector<finish_request> ended, std::vector<begin_request> begun) override {
        auto finished = co_await inner_->finish_runs(std::move(ended));
        for (const finish_state s : finished.value())
            if (s == finish_state::fenced) co_return recorded_runs{std::move(finished), errc::store_failed};
        auto answers = co_await inner_->begin_runs(std::move(begun));
        co_return recorded_runs{std::move(finished), std::move(answers)};
    }
};

struct ends_one_by_one_beside_begins : lets_none_join {
    using lets_none_join::lets_none_join;
    recording both(std::vector<finish_request> ended, std::vector<begin_request> begun) override {
        std::vector<finish_state> states;
        for (const finish_request& r : ended) {
            std::vector<finish_request> one(1, r);
            auto state = co_await inner_->finish_runs(std::move(one));
            states.push_back(state.value().front());
            co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::deferred);
        }
        auto answers = co_await inner_->begin_runs(std::move(begun));
        co_return recorded_runs{std::move(states), std::move(answers)};
    }
};

struct lets_join_and_forgets : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) override {
        if (more != nullptr) more->open();
        co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::deferred);
        auto said = co_await repository::record_runs(std::move(ended), std::move(begun), nullptr);
        while (auto part = more != nullptr ? more->take_or_close() : std::nullopt) {
            if (said.finished)
                said.finished.value().resize(said.finished.value().size() + part->ended.size());
            if (said.begun) said.begun.value().resize(said.begun.value().size() + part->begun.size());
        }
        co_return said;
    }
};

struct answers_who_joined_first : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) override {
        if (more != nullptr) more->open();
        co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::deferred);
        while (auto part = more != nullptr ? more->take_or_close() : std::nullopt) {
            ended.insert(ended.begin(), part->ended.begin(), part->ended.end());
            begun.insert(begun.begin(), part->begun.begin(), part->begun.end());
        }
        co_return co_await repository::record_runs(std::move(ended), std::move(begun), nullptr);
    }
};

struct loses_a_half_alone : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) override {
        if (begun.empty())
            co_return recorded_runs{std::vector<finish_state>(ended.size()), std::vector<begin_answer>()};
        co_return co_await repository::record_runs(std::move(ended), std::move(begun), std::move(more));
    }
};

using ends = std::span<const finish_request* const>;
using begins = std::span<const begin_request* const>;

struct forgets_ends_at_once : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    std::optional<recorded_runs> record_at_once(ends ended, begins begun) override {
        auto said = inner_->record_at_once({}, begun);
        said->finished = std::vector<finish_state>(ended.size());
        return said;
    }
};

struct answers_the_last_only_at_once : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    std::optional<recorded_runs> record_at_once(ends ended, begins begun) override {
        auto said = inner_->record_at_once(ended, begun);
        auto& answers = said->begun.value();
        if (answers.size() > 1) answers.erase(answers.begin(), answers.end() - 1);
        return said;
    }
};

struct does_not_do_many_at_once : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    std::optional<recorded_runs> record_at_once(ends ended, begins begun) override {
        if (ended.size() + begun.size() > 1) return std::nullopt;
        return inner_->record_at_once(ended, begun);
    }
};

struct throws_at_once : forwarding_repository {
    using forwarding_repository::forwarding_repository;
    std::optional<recorded_runs> record_at_once(ends ended, begins begun) override {
        if (!begun.empty() && begun.front()->force) throw std::runtime_error("no force");
        return inner_->record_at_once(ended, begun);
    }
};

} // namespace

TEST_CASE_TEMPLATE("each mutant is caught", mutant, forgets_begins_beside_ends,
                   lets_a_refusal_fail_what_is_beside_it, ends_one_by_one_beside_begins,
                   lets_join_and_forgets, answers_who_joined_first, loses_a_half_alone, forgets_ends_at_once,
                   answers_the_last_only_at_once, does_not_do_many_at_once, throws_at_once) {
    CHECK_FALSE(failures_of<mutant>().empty());
}

TEST_SUITE_END();
