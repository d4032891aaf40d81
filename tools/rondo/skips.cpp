// SPDX-License-Identifier: BSL-1.0
#include "skips.hpp"

#include "instant.hpp"
#include "output.hpp"
#include "store.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace rondo::command {
namespace {

constexpr std::int64_t limit_by_default = 50;

std::int64_t micros(wall_time t) noexcept {
    return t.time_since_epoch().count();
}

// All in one go: no more than the limit are kept of them.
rows find(const store& from, const history_options& opt) {
    std::string sql =
        "select t.uid, s.reason, s.first, s.last, s.count from skip s join task t on t.id = s.task where 1";
    if (opt.task) sql += " and t.uid = ?2";
    if (opt.from) sql += " and s.last >= ?3";
    if (opt.to) sql += " and s.first < ?4";
    rows found(from, sql + " order by s.last desc, s.id desc limit ?1");
    found.bind(1, opt.limit.value_or(limit_by_default));
    if (opt.task) found.bind(2, std::string_view(*opt.task));
    if (opt.from) found.bind(3, micros(read_instant("--from", *opt.from)));
    if (opt.to) found.bind(4, micros(read_instant("--to", *opt.to)));
    return found;
}

bool is_known(const store& from, const std::string& uid) {
    rows found(from, "select 1 from task where uid = ?1");
    found.bind(1, std::string_view(uid));
    return found.next();
}

// A crafted file may hold any reason and any count. The database is closed before anything is printed.
table read(const history_options& opt, bool& known) {
    const store from(opt.file);
    known = !opt.task || is_known(from, *opt.task);
    table out({"TASK", "REASON", "FIRST SLOT", "LAST SLOT", "SLOTS"});
    rows found = find(from, opt);
    while (found.next())
        out.add({shown(found.text(0), 60), shown(found.text(1), 20), to_string(found.time(2)),
                 to_string(found.time(3)), std::to_string(found.integer(4))});
    return out;
}

} // namespace

int print_skips(const history_options& opt) {
    bool known = true;
    const table found = read(opt, known);
    if (!found.empty()) {
        found.print(has_colours());
        return exit_ok;
    }
    complain(known ? "no skips on record" : fmt::format("no task '{}' on record", shown(*opt.task)));
    return exit_nothing;
}

} // namespace rondo::command
