// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_SECOND_LIFE_HPP
#define RONDO_TESTS_UNIT_RUNTIME_SECOND_LIFE_HPP

#include "faulty_repository.hpp"
#include "world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {

/// A process that died with runs in flight, and the next one.
struct second_life {
    std::shared_ptr<faulty_repository> store = std::make_shared<faulty_repository>(memory::open());
    world w;
    wall_time then = w.clock.now().wall;
    moment cursor = then;
    std::uint64_t runs = 0;
    std::vector<run> seen; // by the body, as far as its context tells
    int fails = 0;         // of the next runs

    explicit second_life(manager_options o = {}) : w(store, std::move(o)) {
        task_definition d;
        d.uid = shared_string("t");
        d.schedule = every(1h).text();
        d.anchor = then;
        d.first_slot = then;
        ask(store->register_tasks({d}));
    }

    template <class T>
    T ask(asio::awaitable<result<T>> question) {
        std::optional<result<T>> got;
        asio::co_spawn(w.context, answer(std::move(question), got), asio::detached);
        w.pass(0s);
        return std::move(*got).value();
    }
    template <class T>
    static asio::awaitable<void> answer(asio::awaitable<result<T>> question, std::optional<result<T>>& got) {
        got.emplace(co_await std::move(question));
    }

    begin_request run_of(trigger why, wall_time slot, std::uint32_t attempt = 1) {
        begin_request r;
        r.uid = shared_string("t");
        r.moves_cursor = takes_slot(why);
        if (r.moves_cursor) r.expected = std::exchange(cursor, slot + 1h);
        r.next = slot + 1h;
        r.started = run_begin{{1, ++runs}, why, slot, w.clock.now().wall, {}, attempt};
        return r;
    }
    /// The earlier process begins it, and dies before its end.
    void began(trigger why, wall_time slot, std::uint32_t attempt = 1) {
        ask(store->begin_runs({run_of(why, slot, attempt)}));
    }
    void failed(trigger why, wall_time slot, std::uint32_t attempt = 1) {
        begin_request r = run_of(why, slot, attempt);
        auto token = ask(store->begin_runs({r})).front().token;
        finish_request end;
        end.run.id = r.started->id;
        end.run.uid = r.uid;
        end.run.trigger = why;
        end.run.attempt = attempt;
        end.run.scheduled_at = slot;
        end.run.started_at = end.run.finished_at.emplace(r.started->started_at);
        end.run.outcome = outcome::failed;
        end.token = token;
        ask(store->finish_runs({end}));
    }

    task one(schedule when = every(1h)) {
        task t("t", "", std::move(when), [this](context ctx) -> asio::awaitable<void> {
            run r;
            r.trigger = ctx.trigger();
            r.attempt = ctx.attempt();
            r.scheduled_at = ctx.scheduled_at();
            seen.push_back(r);
            if (fails-- > 0) throw std::runtime_error("no luck");
            co_return;
        });
        t.on_abandoned(on_abandoned::rerun);
        return t;
    }
    void add(task t) {
        w.start();
        REQUIRE(w.add(std::move(t)));
    }
};

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_SECOND_LIFE_HPP
