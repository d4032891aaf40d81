// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/batch.hpp>
#include <repository/postgres/database.hpp>
#include <repository/postgres/failure.hpp>
#include <repository/postgres/schema.hpp>
#include <repository/postgres/session_settings.hpp>

#include <charconv>
#include <string>
#include <utility>

namespace rondo::postgres::detail {
namespace {

constexpr std::int64_t server_version_min = 130'000;

constexpr std::string_view server_facts = R"(
select current_setting('server_version_num')::int8, current_setting('server_encoding') = 'UTF8',
  current_setting('fsync')::bool and current_setting('full_page_writes')::bool
    and current_setting('synchronous_commit') not in ('off', 'local'),
  current_setting('transaction_isolation') = 'read committed')";

} // namespace

database::awaitable<void> database::greet() {
    co_await check_server();
    const std::optional<std::int64_t> found = co_await version();
    std::int64_t now = found.value_or(0);
    if (settings_.chosen.migrate && now < schema_version) {
        co_await migrate(now);
        const std::optional<std::int64_t> then = co_await version();
        now = then.value_or(0);
    }
    const std::string where = "schema " + in_quotes(settings_.chosen.schema);
    if (!found && now == 0) throw failure(errc::store_foreign, "there are no tables of rondo in " + where);
    if (now > schema_version) throw failure(errc::store_too_new, "a newer rondo made the tables in " + where);
    if (now < schema_version)
        throw failure(errc::store_too_old, "an older rondo made the tables in " + where);
    planned_ = 0;
    if (!is_shared() || !settings_.chosen.prepare)
        co_return; // a session may be another's with each transaction
    batch b;
    b.add_once("listen rondo");
    co_await connection_.exchange(b);
}

database::awaitable<void> database::forget_plans() {
    co_await renew_if_due();
    batch b;
    b.add_once("discard plans");
    co_await connection_.exchange(b);
    planned_ = 0;
}

database::awaitable<void> database::check_server() {
    if (settings_.chosen.prepare) { // else each transaction has them with it
        batch settings;
        settings.statements.push_back(session_settings(settings_.chosen.operation_timeout, false));
        co_await connection_.exchange(settings);
    }
    batch b;
    b.add_once(std::string(server_facts));
    const std::vector<rows> answers = co_await connection_.exchange(b);
    const rows& facts = answers[0];
    if (facts.integer(0, 0) < server_version_min)
        throw failure(errc::store_foreign, "the server is older than PostgreSQL 13");
    if (!facts.flag(0, 1)) throw failure(errc::store_foreign, "the database is not of encoding UTF8");
    if (!facts.flag(0, 3))
        throw failure(errc::store_unsafe, "the isolation of transactions is not read committed by default");
    if (!facts.flag(0, 2) && !settings_.chosen.unsafe_server)
        throw failure(errc::store_unsafe, "the server may lose what it has acknowledged: fsync, "
                                          "full_page_writes or synchronous_commit is off");
}

// Nothing: there are no tables.
database::awaitable<std::optional<std::int64_t>> database::version() {
    const std::string table = in_schema("@meta", settings_.chosen.schema);
    parameters p;
    p.add(plain_text{table});
    batch look;
    look.add_once("select to_regclass($1) is not null", std::move(p));
    const std::vector<rows> there = co_await connection_.exchange(look);
    if (!there[0].flag(0, 0)) co_return std::nullopt;
    batch read;
    read.add_once("select value from " + table + " where key = 'version'");
    const std::vector<rows> answers = co_await connection_.exchange(read);
    const rows& r = answers[0];
    const std::string_view digits = r.size() == 1 ? r.word(0, 0) : std::string_view();
    std::int64_t n = 0;
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (bad != std::errc() || end != digits.data() + digits.size() || n < 1)
        throw failure(errc::store_corrupt, "the version of the tables cannot be read");
    co_return n;
}

// Each step is one transaction. Of several who do it at once one does; the others wait for the lock, and then find that
// the version is not the one that they go on from: they divide by zero.
database::awaitable<void> database::migrate(std::int64_t from) {
    const std::string& schema = settings_.chosen.schema;
    const auto steps = migrations();
    const std::string quoted_schema = in_quotes(schema);
    parameters wanted;
    wanted.add(plain_text{quoted_schema});
    batch look;
    look.add_once("select to_regnamespace($1) is not null", std::move(wanted));
    const std::vector<rows> there = co_await connection_.exchange(look);
    const bool has_schema = there[0].flag(0, 0); // to make one takes a right that we may not have
    for (auto to = static_cast<std::size_t>(from) + 1; to <= steps.size(); ++to) {
        parameters name;
        const std::string lock = "rondo " + schema;
        name.add(plain_text{lock});
        batch b;
        b.add_once("select pg_advisory_xact_lock(hashtextextended($1, 0)) is null", std::move(name));
        if (!has_schema) b.add_once("create schema if not exists " + quoted_schema);
        bool checked = to == 1; // where tables that are there already fail
        for (const std::string_view sql : steps[to - 1]) {
            if (!std::exchange(checked, true)) {
                parameters before;
                const std::string version = std::to_string(to - 1);
                before.add(plain_text{version});
                b.add_once(in_schema("select 1 / (case when value = $1 then 1 else 0 end) from @meta where "
                                     "key = 'version'",
                                     schema),
                           std::move(before));
            }
            b.add_once(in_schema(sql, schema));
        }
        parameters done;
        const std::string version = std::to_string(to);
        done.add(plain_text{version});
        b.add_once(in_schema("update @meta set value = $1 where key = 'version'", schema), std::move(done));
        std::optional<failure> failed;
        try {
            co_await connection_.exchange(b);
        } catch (const failure& f) {
            failed = f;
        }
        if (!failed) continue;
        if (!connection_.is_open()) throw failure(*failed);
        const std::optional<std::int64_t> now = co_await this->version();
        if (now.value_or(0) < static_cast<std::int64_t>(to)) throw failure(*failed);
    }
}

} // namespace rondo::postgres::detail
