// SPDX-License-Identifier: BSL-1.0
#include <crash/flaws.hpp>

#include <repository/forwarding_repository.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace rondo::crash {
namespace {

using testing::forwarding_repository;

// About one in eight, of any life however short.
bool is_unlucky(const run_id& id) noexcept {
    return ((id.high ^ id.low) * 0x9e3779b97f4a7c15u) >> 61 == 0;
}

boost::asio::awaitable<void> pass_on(std::shared_ptr<repository> to, std::vector<begin_request> requests) {
    (void)co_await to->begin_runs(std::move(requests));
}

class answers_before_commit : public forwarding_repository {
public:
    answers_before_commit(std::shared_ptr<repository> inner, boost::asio::any_io_executor executor)
        : forwarding_repository(std::move(inner)), executor_(std::move(executor)) {}

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        std::vector<begin_answer> answers;
        for (begin_request& r : requests) {
            answers.push_back({begin_state::recorded, r.next, 0});
            // The commit may come a moment later, which no kill need meet; or with the end, which many do.
            if (r.started && is_unlucky(r.started->id)) r.started.reset();
        }
        std::erase_if(requests, [](const begin_request& r) { return !r.started && !r.moves_cursor; });
        boost::asio::co_spawn(executor_, pass_on(inner_, std::move(requests)), boost::asio::detached);
        co_return answers;
    }

private:
    boost::asio::any_io_executor executor_;
};

class drops_ends : public forwarding_repository {
public:
    using forwarding_repository::forwarding_repository;

    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        std::vector<finish_request> passed;
        for (finish_request& r : requests)
            if (!is_unlucky(r.run.id)) passed.push_back(std::move(r));
        const std::size_t count = requests.size();
        if (!passed.empty()) {
            auto states = co_await inner_->finish_runs(std::move(passed));
            if (states.has_error()) co_return states.error();
        }
        co_return std::vector<finish_state>(count, finish_state::recorded);
    }
};

class cursor_without_run : public forwarding_repository {
public:
    using forwarding_repository::forwarding_repository;

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (begin_request& r : requests)
            if (r.started && r.moves_cursor && is_unlucky(r.started->id)) r.started.reset();
        return inner_->begin_runs(std::move(requests));
    }
};

class forgets_the_unended : public forwarding_repository {
public:
    using forwarding_repository::forwarding_repository;

    awaitable<std::uint64_t> start(wall_time) override { co_return std::uint64_t{0}; }
};

// Tells a manager of another cursor than there is, and lets it have its way.
class forgets_the_cursor : public forwarding_repository {
public:
    forgets_the_cursor(std::shared_ptr<repository> inner, bool anchor_too)
        : forwarding_repository(std::move(inner)), anchor_too_(anchor_too) {}

    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        const wall_time now = tasks.empty() ? wall_time() : tasks.front().anchor;
        const auto definitions = tasks;
        auto states = co_await inner_->register_tasks(std::move(tasks));
        if (states.has_error()) co_return states;
        for (std::size_t i = 0; i != definitions.size(); ++i) {
            task_state& s = states.value()[i];
            const bool grid = definitions[i].schedule.starts_with("every ");
            if (s.created || !grid || !s.next_slot || *s.next_slot >= now) continue;
            if (anchor_too_) s.anchor = now;
            s.next_slot = now;
            if (!anchor_too_) *s.next_slot += std::chrono::microseconds(1); // off the grid: take the next
        }
        co_return states;
    }
    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        for (begin_request& r : requests) r.force = true;
        return inner_->begin_runs(std::move(requests));
    }

private:
    bool anchor_too_;
};

class witness : public forwarding_repository {
public:
    witness(std::shared_ptr<repository> inner, const journal& j)
        : forwarding_repository(std::move(inner)), journal_(j) {}

    awaitable<std::vector<task_state>> register_tasks(std::vector<task_definition> tasks) override {
        const auto definitions = tasks;
        auto states = co_await inner_->register_tasks(std::move(tasks));
        if (states.has_error()) co_return states;
        for (std::size_t i = 0; i != definitions.size(); ++i)
            if (states.value()[i].paused) journal_.task_paused(definitions[i].uid);
        co_return states;
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        const auto copy = requests;
        auto states = co_await inner_->finish_runs(std::move(requests));
        note(copy, states);
        co_return states;
    }
    [[nodiscard]] bool records_together() const noexcept override { return inner_->records_together(); }
    boost::asio::awaitable<recorded_runs> record_runs(std::vector<finish_request> ended,
                                                      std::vector<begin_request> begun,
                                                      std::shared_ptr<joining_runs> more) override {
        const auto all = std::make_shared<std::vector<finish_request>>(ended);
        if (more != nullptr)
            more->watch([all](const joining_runs::part& p) {
                all->insert(all->end(), p.ended.begin(), p.ended.end());
            });
        auto said = co_await inner_->record_runs(std::move(ended), std::move(begun), std::move(more));
        note(*all, said.finished);
        co_return said;
    }

private:
    void note(const std::vector<finish_request>& requests,
              const result<std::vector<finish_state>>& states) const {
        if (states.has_error()) return;
        for (std::size_t i = 0; i != requests.size(); ++i)
            if (states.value()[i] != finish_state::fenced) journal_.end_acknowledged(requests[i].run);
    }

    const journal& journal_;
};

} // namespace

std::shared_ptr<repository> with_flaw(std::string_view name, std::shared_ptr<repository> inner,
                                      boost::asio::any_io_executor executor) {
    if (name == "answers-before-commit")
        return std::make_shared<answers_before_commit>(std::move(inner), std::move(executor));
    if (name == "drops-ends") return std::make_shared<drops_ends>(std::move(inner));
    if (name == "cursor-without-run") return std::make_shared<cursor_without_run>(std::move(inner));
    if (name == "forgets-the-unended") return std::make_shared<forgets_the_unended>(std::move(inner));
    if (name == "anchors-again") return std::make_shared<forgets_the_cursor>(std::move(inner), true);
    if (name == "forgets-the-cursor") return std::make_shared<forgets_the_cursor>(std::move(inner), false);
    return nullptr;
}

std::shared_ptr<repository> witnessed(std::shared_ptr<repository> inner, const journal& j) {
    return std::make_shared<witness>(std::move(inner), j);
}

} // namespace rondo::crash
