// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "output.hpp"
#include "postgres.hpp"
#include "postgres_link.hpp"

#include <rondo/run.hpp>

#include <core/id_source.hpp>
#include <repository/postgres/lease_statements.hpp>
#include <repository/postgres/stored_text.hpp>
#include <repository/user_ids.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace rondo::command {
namespace {

using namespace std::chrono_literals;
using postgres::detail::lease_statements;
using postgres::detail::to_stored;

constexpr const char* who_has_begun = "select node from @run where id = $1";

postgres_link connect(const std::string& server, const std::string& schema) {
    if (!is_postgres(server)) throw usage_error("this takes a server, as postgresql://…");
    return {server, schema, false};
}

run_id new_id() {
    std::random_device device;
    const std::uint64_t high = device();
    const auto now = std::chrono::floor<wall_time::duration>(std::chrono::system_clock::now());
    return core::id_source(high << 32 | device()).next(now);
}

/// As PostgreSQL writes it.
std::string array_of(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        all += all.empty() ? "\"" : ",\"";
        for (const char c : to_stored(text))
            all += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        all += '"';
    }
    return "{" + all + "}";
}

int wait_for_run(postgres_link& link, const lease_statements& sql, const std::string& id,
                 std::chrono::seconds within) {
    (void)link.ask(sql.notify, {link.schema()});
    const auto until = std::chrono::steady_clock::now() + within;
    for (bool over = false;;) {
        const postgres_rows run = link.ask(who_has_begun, {id});
        if (run.size() != 0) {
            print(fmt::format("{}  {}\n", id, shown(run.word(0, 0))));
            return exit_ok;
        }
        if (over) break;
        over = std::chrono::steady_clock::now() >= until;
        if (over) // or it has begun, and is found
            (void)link.ask(sql.take_back, {id});
        else
            std::this_thread::sleep_for(50ms);
    }
    complain(fmt::format("nobody has begun it within {} s, and nobody will", within.count()));
    return exit_nothing;
}

} // namespace

int postgres_run(const run_options& opt) {
    postgres_link link = connect(opt.server, opt.schema);
    std::vector<user> users;
    for (const std::string& id : opt.users) users.emplace_back(id);
    if (!repository_detail::all_valid(users)) throw usage_error("no user has such an id");
    const lease_statements sql(link.schema());
    const std::string id = to_string(new_id());
    const std::chrono::seconds within(opt.within);
    const std::string keep_for = std::to_string(std::chrono::microseconds(within).count());
    const postgres_rows known =
        link.ask(sql.ask_for_run, {id, to_stored(opt.uid), array_of(opt.users), keep_for});
    if (known.size() == 0) {
        complain(fmt::format("there is no task {}", shown(opt.uid)));
        return exit_nothing;
    }
    try {
        return wait_for_run(link, sql, id, within);
    } catch (const usage_error& e) {
        throw usage_error(fmt::format("{}\nrun {} is asked for, and may begin", e.what(), id));
    }
}

int postgres_cancel(const cancel_options& opt) {
    const auto id = run_id_from(opt.run);
    if (!id) throw usage_error("no run has the id " + shown(opt.run));
    postgres_link link = connect(opt.server, opt.schema);
    const lease_statements sql(link.schema());
    if (link.ask(sql.cancel_run, {to_string(*id), std::nullopt, to_stored(opt.why)}).changed() == 0) {
        complain("no such run is in flight, of those that are shared");
        return exit_nothing;
    }
    (void)link.ask(sql.notify, {link.schema()});
    return exit_ok;
}

} // namespace rondo::command
