// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "export.hpp"
#include "output.hpp"
#include "run_pages.hpp"
#include "skips.hpp"
#include "store.hpp"
#include "summary.hpp"

#include <fmt/format.h>

#include <string>

namespace rondo::command {
namespace {

constexpr std::int64_t limit_of_text = 50;
constexpr std::size_t page_size_max = 1 << 20; // in bytes: a run may have long texts

void add_row(table& to, const run& r, bool colours) {
    std::string end = paint(r.outcome ? to_string(*r.outcome) : "running", colour_of(r.outcome), colours);
    if (!r.message.empty()) end += ": " + shown(r.message);
    const auto d = took(r);
    to.add({to_string(r.started_at), shown(r.uid.view(), 60), std::string(to_string(r.trigger)),
            d ? fmt::format("{:.3f} s", d->count()) : "-", end});
}

/// What of a run is in no table.
std::string details_of(const run& r) {
    std::string out;
    for (const user& u : r.users) out += fmt::format("  for {}\n", shown(u.id()));
    for (const task_result& result : r.results)
        out += fmt::format("  {}: {}{}\n", shown(result.user().id()), result.failed() ? "failed: " : "",
                           shown(result.failed() ? result.error() : result.message()));
    if (r.output == nullptr) return out;
    if (const auto& p = r.output->progress)
        out += fmt::format("  {}  {:.1f} % {}\n", to_string(p->at), 100 * p->share, shown(p->text));
    if (r.output->lines_dropped > 0) out += fmt::format("  {} lines dropped\n", r.output->lines_dropped);
    for (const run_line& line : r.output->lines)
        out += fmt::format("  {}  {}\n", to_string(line.at), shown(line.text, run_line_size_max));
    return out;
}

/// Whether there are any. Of a single run `whole` tells all.
bool print_table(run_pages& pages, bool whole) {
    const bool colours = has_colours();
    table out({"STARTED", "TASK", "TRIGGER", "TOOK", "OUTCOME"});
    std::string details;
    const auto take = [&](const store& from, const run& r) {
        add_row(out, r, colours);
        if (!whole) return true;
        run all = r;
        read_results(from, all);
        details = details_of(all);
        return true;
    };
    while (pages.next(take)) {
    }
    if (out.empty()) return false;
    out.print(colours);
    print(details);
    return true;
}

/// As above. Holds no more than a page of them, and stops where nobody reads any more.
bool print_lines(run_pages& pages, run_format how) {
    bool any = false;
    std::string page = how == run_format::csv ? csv_head() : "";
    const auto take = [&](const store& from, const run& r) {
        any = true;
        if (how == run_format::csv) {
            page += csv_line(r);
        } else {
            run whole = r;
            read_results(from, whole);
            page += json_line(whole);
        }
        return page.size() < page_size_max;
    };
    for (bool more = true; more && is_writable(); page.clear()) {
        more = pages.next(take);
        print(page);
    }
    return any;
}

} // namespace

int history(const history_options& opt) {
    if (opt.skips) return print_skips(opt);
    history_options wanted = opt;
    if (opt.format == run_format::text && !opt.limit && !opt.summary) wanted.limit = limit_of_text;
    run_pages pages(wanted);
    const bool any = opt.summary                      ? print_summary(pages)
                     : opt.format == run_format::text ? print_table(pages, opt.run.has_value())
                                                      : print_lines(pages, opt.format);
    if (any) return exit_ok;
    if (!pages.task_known())
        complain(fmt::format("no task '{}' on record", shown(*opt.task)));
    else
        complain(opt.run ? "no such run on record" : "no runs on record");
    return exit_nothing;
}

} // namespace rondo::command
