// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_DATABASE_HPP
#define RONDO_REPOSITORY_POSTGRES_DATABASE_HPP

#include <rondo/repository.hpp>

#include <repository/postgres/claims.hpp>
#include <repository/postgres/connection.hpp>
#include <repository/postgres/lease_statements.hpp>
#include <repository/postgres/leases.hpp>
#include <repository/postgres/settings.hpp>
#include <repository/postgres/statements.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rondo::postgres::detail {

/// The calls of the repository as SQL, each one transaction. Throws `failure`. What a call is given must live until it
/// is over. One call at a time.
class database {
public:
    template <class T>
    using awaitable = boost::asio::awaitable<T>;

    database(connection& c, const settings& s, leases& l)
        : connection_(c), settings_(s), leases_(l), sql_(s.chosen.schema, is_shared()),
          lease_sql_(s.chosen.schema) {}

    [[nodiscard]] bool is_open() const noexcept { return connection_.is_open(); }
    /// The first on a new connection: sees to it that the server and the tables are what they must be.
    awaitable<void> greet();
    /// The server plans statements anew, for tables as they are by now.
    awaitable<void> forget_plans();
    /// Has it plan the next of those that a run would have to wait for, by executing it for no run.
    awaitable<void> plan_next();
    [[nodiscard]] bool has_to_plan() const noexcept {
        return settings_.chosen.prepare && has_tasks_ && planned_ != planned_ahead;
    }

    awaitable<std::uint64_t> start(wall_time now);
    awaitable<std::vector<task_state>> register_tasks(const std::vector<task_definition>& tasks);
    awaitable<void> update_tasks(const std::vector<task_update>& updates);

    /// In one transaction, the ends first; but begins that others are at, and those that must be looked at more closely,
    /// are decided in others.
    /// `closely`: all are looked at so.
    awaitable<recorded_runs> record(const std::vector<finish_request>& ended,
                                    const std::vector<begin_request>& begun, bool closely);

    awaitable<history_page> history(const history_filter& filter);
    awaitable<std::optional<run>> find_run(const run_id& id);
    awaitable<std::vector<run>> last_runs(const std::optional<std::string>& user);
    awaitable<std::vector<skip_range>> skips(const std::string& uid, std::size_t limit);

    awaitable<std::vector<user>> users();
    awaitable<void> add_users(const std::vector<user>& users);
    awaitable<void> remove_users(const std::vector<user>& users);

    awaitable<prune_progress> prune(const prune_policy& policy);

    enum class asked { on_record, no_such_task, of_another };
    /// Leaves word for others.
    awaitable<asked> ask_for_run(const run_request& wanted);
    awaitable<std::uint64_t> ask_to_cancel(const cancel_request& unwanted);

    /// Whether other managers have the same tasks.
    [[nodiscard]] bool is_shared() const noexcept { return settings_.chosen.lease.count() > 0; }
    /// Renews what is to be renewed, looks for what others did, and takes over what they left.
    awaitable<void> look();

private:
    awaitable<std::uint64_t> start_shared(wall_time now);
    awaitable<void> refuse_if_shared();
    awaitable<void> read_clock();
    awaitable<void> renew_if_due();
    awaitable<void> reap(const rows& tasks);
    std::optional<failure> tell_lost_slots(const rows& r);
    void tell_change(const rows& r, std::size_t i);
    void tell_asked(const rows& r, std::size_t i);
    void tell_cancelled(const rows& r, std::size_t i);
    awaitable<void> tell_others();
    /// `tries`: how often these claims were made, and not decided.
    awaitable<recorded_runs> ask_for_runs(const std::vector<finish_request>& ended,
                                          const std::vector<begin_request>& begun, bool closely,
                                          std::size_t tries = 0);
    void note_ended(const std::vector<finish_request>& ended);
    void note_begun(const std::vector<begin_request>& begun, std::vector<begin_answer>& answers,
                    steady_time asked_at);
    void note_rivals(const open_claims& open) noexcept;
    void note(const std::vector<task_definition>& tasks, const std::vector<task_state>& states);
    awaitable<rows> ask(std::string sql, parameters values);
    awaitable<void> check_server();
    awaitable<std::optional<std::int64_t>> version();
    awaitable<void> migrate(std::int64_t from);
    awaitable<std::vector<const task_definition*>> register_some(const std::vector<task_definition>& all,
                                                                 std::vector<const task_definition*> some,
                                                                 std::vector<task_state>& states,
                                                                 bool& new_to_others);
    awaitable<void> count_failures(const std::vector<task_definition>& tasks,
                                   std::vector<task_state>& states);
    awaitable<prune_progress> prune_whole(const prune_policy& policy);
    awaitable<prune_progress> prune_part(const prune_policy& policy);

    static constexpr int planned_ahead = 5;
    static constexpr int careful_most = 16; // statements

    connection& connection_;
    const settings& settings_;
    leases& leases_;
    const statements sql_;
    const lease_statements lease_sql_;
    int planned_ = 0;
    int careful_ =
        0; // others are thought to want the same slots, until so many statements have lost none to them
    bool has_tasks_ = false; // or somebody only reads, and perhaps may do no more
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_DATABASE_HPP
