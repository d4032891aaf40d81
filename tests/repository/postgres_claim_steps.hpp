// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_POSTGRES_CLAIM_STEPS_HPP
#define RONDO_TESTS_REPOSITORY_POSTGRES_CLAIM_STEPS_HPP

#include <repository/postgres_shared_place.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rondo::testing {

/// Whoever was first, in a transaction that is not over yet.
class transaction {
public:
    explicit transaction(const postgres_place& place)
        : connection_(PQconnectdb(place.server().c_str()), PQfinish) {
        say("begin");
    }
    void say(const std::string& sql) const {
        const std::unique_ptr<PGresult, void (*)(PGresult*)> done(PQexec(connection_.get(), sql.c_str()),
                                                                  PQclear);
        INFO(PQerrorMessage(connection_.get()));
        REQUIRE(PQresultStatus(done.get()) == PGRES_COMMAND_OK);
    }

private:
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

/// The slot at 0 of each of three tasks, by the runs 1, 2 and 3.
inline std::vector<begin_request> three_claims() {
    std::vector<begin_request> claims;
    for (std::size_t task = 0; task != 3; ++task) claims.push_back(exclusive(step(task, 0, task + 1)));
    return claims;
}

inline std::string moves_task(const shared_place& place, std::size_t task) {
    return "update " + place.table("task") + " set next_slot = 1000000, token = token + 1 where uid = '" +
           uid_of(task) + "'";
}

inline std::string begins_task(const shared_place& place, std::size_t task, const run_id& id,
                               const std::string& node) {
    return "insert into " + place.table("run") +
           " (id, task, \"trigger\", scheduled_at, started_at, token, node, lease_until) select '" +
           to_string(id) + "', id, 'schedule', 0, 0, 1, " + node + ", 4000000000000000 from " +
           place.table("task") + " where uid = '" + uid_of(task) + "'";
}

/// What becomes of the claims, of which one waits for `first`, and `meanwhile`, until `last_words` are said.
inline std::vector<begin_answer> answers_behind(
    const shared_place& place, const repository_ptr& r, const transaction& first,
    const std::string& last_words, std::vector<begin_request> wanted = three_claims(),
    const std::function<void()>& meanwhile = [] {}) {
    boost::asio::io_context io{1};
    const auto claims = launch<std::vector<begin_answer>>(io, r->begin_runs(std::move(wanted)));
    io.poll();
    const auto give_up = std::chrono::steady_clock::now() + 4s; // the server waits no longer either
    const std::string waiting = "select count(*) from pg_stat_activity where application_name = 'rondo' and "
                                "wait_event_type = 'Lock'";
    while (place.sql(waiting) == "0") REQUIRE(std::chrono::steady_clock::now() < give_up);
    meanwhile();
    first.say(last_words);
    io.restart();
    io.run();
    return claims->value().value();
}

inline repository_ptr with_three_tasks(const shared_place& place) {
    repository_ptr r = place.open();
    REQUIRE(blocking(r->start(at(0))).has_value());
    REQUIRE(blocking(r->register_tasks(some_tasks(3))).has_value());
    return r;
}

/// Likewise, and it looks for others when it claims, as after a slot that it lost, or it does not.
inline repository_ptr with_three_tasks(const shared_place& place, bool careful) {
    repository_ptr r = with_three_tasks(place);
    if (careful) REQUIRE(begin(r, step(0, 77, 77)).state == begin_state::conflict);
    return r;
}

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_POSTGRES_CLAIM_STEPS_HPP
