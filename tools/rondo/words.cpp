// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "expression.hpp"
#include "instant.hpp"
#include "output.hpp"

#include <rondo/detail/cron_literal.hpp>

#include <fmt/format.h>

namespace rondo::command {
namespace {

// `describe()` and `explain()` repeat the name of a zone, which is sound then, and nothing else that was given.
std::string found_or_never(const moment& m) {
    return m && *m <= wall_time_last ? show(*m) : "never";
}

} // namespace

int check(const check_options& opt) {
    int code = exit_ok;
    for (const std::string& text : opt.texts) {
        expression e = opt.how;
        e.text = text;
        if (auto complaint = complaint_about(e)) {
            complain(*complaint);
            code = exit_usage;
            continue;
        }
        cron_schedule c = to_cron(e);
        if (opt.texts.size() > 1) print(shown(text) + ": ");
        print(fmt::format("valid: {}\n", schedule(c).describe()));
        for (const std::string& warning : c.warnings()) print(fmt::format("warning: {}\n", warning));
    }
    return code;
}

int explain(const explain_options& opt) {
    schedule s = to_schedule(opt.of);
    wall_time at = read_instant("--at", opt.at);
    if (s.type() == schedule::kind::every && !opt.anchor)
        throw usage_error("@every counts from when the task was added: add --anchor");
    wall_time anchor = opt.anchor ? read_instant("--anchor", *opt.anchor) : at;
    print(fmt::format("{}: {}\n", show(at), s.explain(at, anchor)));
    print(fmt::format("previous: {}\n", found_or_never(s.previous_before(at, anchor))));
    print(fmt::format("next: {}\n", found_or_never(s.next_after(at, anchor))));
    return exit_ok;
}

int describe(const expression& of) {
    print(to_schedule(of).describe() + "\n");
    return exit_ok;
}

} // namespace rondo::command
