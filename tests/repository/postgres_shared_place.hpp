// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_POSTGRES_SHARED_PLACE_HPP
#define RONDO_TESTS_REPOSITORY_POSTGRES_SHARED_PLACE_HPP

#include <rondo/postgres.hpp>

#include <repository/blocking.hpp>
#include <repository/postgres_place.hpp>
#include <repository/steps.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace rondo::testing {

using namespace std::chrono_literals;
using repository_ptr = std::shared_ptr<repository>;

/// A schema that managers share.
struct shared_place : postgres_place {
    explicit shared_place(std::chrono::milliseconds lease = 30s) {
        options.lease = lease;
        options.operation_timeout = lease * 3 / 10;
    }

    /// Another manager, with its first task registered.
    [[nodiscard]] repository_ptr join(const std::string& schedule = "every 10s") const {
        repository_ptr r = open();
        REQUIRE(blocking(r->start(at(0))).has_value());
        auto tasks = some_tasks(1);
        tasks[0].schedule = schedule;
        REQUIRE(blocking(r->register_tasks(tasks)).has_value());
        return r;
    }
    [[nodiscard]] std::string table(const std::string& name) const { return schema() + "." + name; }
    [[nodiscard]] std::string asked() const {
        return sql("select count(*) from " + table("asked_run")).value();
    }
    [[nodiscard]] std::string runs() const { return sql("select count(*) from " + table("run")).value(); }
};

inline begin_answer begin(const repository_ptr& r, begin_request request) {
    std::vector<begin_request> one{std::move(request)};
    return blocking(r->begin_runs(std::move(one))).value().at(0);
}

inline begin_request exclusive(begin_request r) {
    r.exclusive = true;
    return r;
}

inline begin_request by_hand(std::uint64_t n) {
    return exclusive(one_begin(uid_of(0), n)[0]);
}

inline begin_request again(std::int64_t slot, std::uint64_t n, std::uint32_t attempt) {
    begin_request r = by_hand(n);
    r.started->trigger = trigger::retry;
    r.started->scheduled_at = at(slot);
    r.started->attempt = attempt;
    return r;
}

inline finish_state finish(const repository_ptr& r, std::uint64_t n, std::int64_t slot, std::uint64_t token) {
    std::vector<finish_request> one = one_end(uid_of(0), n);
    one[0].run.trigger = trigger::schedule;
    one[0].run.scheduled_at = at(slot);
    one[0].token = token;
    return blocking(r->finish_runs(std::move(one))).value().at(0);
}

/// All news until there is what is wanted. They come all the time, as each look of a manager reads the clock.
inline repository_news wait_for(const repository_ptr& r,
                                const std::function<bool(const repository_news&)>& wanted) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    for (;;) {
        repository_news n = blocking(r->watch()).value();
        if (wanted(n)) return n;
        REQUIRE(std::chrono::steady_clock::now() < give_up);
    }
}

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_POSTGRES_SHARED_PLACE_HPP
