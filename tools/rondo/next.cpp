// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "expression.hpp"
#include "instant.hpp"
#include "output.hpp"

#include <cron/zone.hpp>

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

namespace rondo::command {
namespace {

struct instants {
    std::vector<wall_time> found;
    bool end = false; ///< there is no further one
};

instants find(const schedule& s, wall_time from, int count) {
    instants i;
    wall_time t = from;
    while (std::ssize(i.found) < count) {
        moment n = s.next_after(t, from);
        if (!n || *n > wall_time_last) {
            i.end = true;
            break;
        }
        i.found.push_back(t = *n);
    }
    return i;
}

void print_lines(const instants& i, const crontab::zone& z, bool with_local, std::string_view between) {
    for (wall_time t : i.found)
        print(with_local ? fmt::format("{}{}{}\n", show(t), between, show_local(t, z)) : show(t) + "\n");
    if (i.end) print("NEVER\n");
}

void print_json(const instants& i, const crontab::zone& z) {
    print("{\"next\": [");
    std::string_view between;
    for (wall_time t : i.found) {
        print(
            fmt::format("{}\n  {{\"utc\": \"{}\", \"local\": \"{}\"}}", between, show(t), show_local(t, z)));
        between = ",";
    }
    print(fmt::format("{}], \"never\": {}}}\n", i.found.empty() ? "" : "\n", i.end));
}

} // namespace

int next(const next_options& opt) {
    schedule s = to_schedule(opt.of);
    wall_time from = opt.from
                         ? read_instant("--from", *opt.from)
                         : std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    auto z = crontab::find_zone(opt.of.zone);
    if (z == nullptr) z = crontab::utc_zone(); // @every does not look at its zone
    instants i = find(s, from, opt.count);
    switch (opt.format) {
    case format::text: print_lines(i, *z, opt.of.zone != "UTC", "  "); break;
    case format::tsv: print_lines(i, *z, true, "\t"); break;
    case format::json: print_json(i, *z); break;
    }
    return i.found.empty() ? exit_nothing : exit_ok;
}

} // namespace rondo::command
