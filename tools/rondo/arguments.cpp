// SPDX-License-Identifier: BSL-1.0
#include "arguments.hpp"

#include "command.hpp"
#include "output.hpp"
#include "postgres.hpp"

#include <rondo/version.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rondo::command {
namespace {

using work = std::function<int()>;

template <class Enum>
using words = std::vector<std::pair<const char*, Enum>>; // in the order in which help lists them

template <class Enum>
CLI::Option* add_choice(CLI::App& app, const char* flag, Enum& to, words<Enum> choices,
                        const std::string& help) {
    std::vector<std::string> names;
    for (const auto& [word, value] : choices) names.emplace_back(word);
    std::string listed = fmt::format("{}", fmt::join(names, "|"));
    auto set = [&to, choices, flag, listed](const std::string& given) {
        for (const auto& [word, value] : choices)
            if (given == word) return void(to = value);
        throw CLI::ValidationError(flag, fmt::format("'{}' is not one of {}", given, listed));
    };
    return app.add_option_function<std::string>(flag, set, help)->type_name(listed);
}

CLI::Option* add_number(CLI::App& app, const char* flag, auto& to, const std::string& help) {
    auto range = CLI::Range(1, count_max);
    return app.add_option(flag, to, help)->check(range.description(""))->type_name("N");
}

// How an expression is read: all but the expression itself.
std::vector<CLI::Option*> add_reading(CLI::App& app, expression& e) {
    return {
        app.add_option("--zone", e.zone, "Time zone, as Europe/Brussels (default: UTC)")->type_name("ZONE"),
        add_choice(app, "--dialect", e.dialect,
                   {{"unix", cron_dialect::unix_},
                    {"seconds", cron_dialect::seconds},
                    {"extended", cron_dialect::extended},
                    {"quartz", cron_dialect::quartz}},
                   "How the expression is read (default: unix)"),
        add_choice(
            app, "--gap", e.gap,
            {{"run_at_end", gap_rule::run_at_end}, {"skip", gap_rule::skip}, {"shift", gap_rule::shift}},
            "What becomes of times that the clocks jump over (default: run_at_end)"),
        add_choice(
            app, "--overlap", e.overlap,
            {{"first", overlap_rule::first}, {"last", overlap_rule::last}, {"both", overlap_rule::both}},
            "Which pass counts of times that come twice (default: first)"),
    };
}

CLI::Option* add_uid(CLI::App& app, expression& e) {
    return app.add_option("--uid", e.uid, "The task's uid, from which H is drawn")->type_name("UID");
}

CLI::Option* add_expression(CLI::App& app, expression& e) {
    return app.add_option("expression", e.text, "A cron expression in one argument, as '30 2 * * *'")
        ->type_name("EXPR");
}

CLI::Option* add_instant(CLI::App& app, const char* flag, auto& to, const std::string& help) {
    return app.add_option(flag, to, help + ": 2025-03-29T00:00:00Z, or 2025-03-29 for midnight in UTC")
        ->type_name("T");
}

void add_next(CLI::App& all, work& chosen) {
    CLI::App& app = *all.add_subcommand("next", "The next instants of an expression");
    auto opt = std::make_shared<next_options>();
    auto lines = std::make_shared<bool>(false);
    auto* text = add_expression(app, opt->of);
    auto single = add_reading(app, opt->of);
    single.push_back(text);
    single.push_back(add_uid(app, opt->of));
    single.push_back(add_instant(app, "--from", opt->from, "Later than this (default: now)"));
    single.push_back(add_choice(app, "--format", opt->format,
                                {{"text", format::text}, {"tsv", format::tsv}, {"json", format::json}},
                                "How to print (default: text)"));
    add_number(app, "--count", opt->count, "How many (default: 5)");
    app.add_flag("--stdin", *lines, "Answer lines of EXPR<TAB>DIALECT<TAB>ZONE<TAB>START, one line for each");
    app.callback([&chosen, opt, lines, text, single] {
        for (const CLI::Option* o : single)
            if (*lines && o->count() != 0) throw CLI::ExcludesError("--stdin", o->get_name());
        if (!*lines && text->count() == 0) throw CLI::RequiredError("an expression, or --stdin,");
        chosen = [opt, lines] { return *lines ? next_lines(opt->count) : next(*opt); };
    });
}

void add_check(CLI::App& all, work& chosen) {
    CLI::App& app = *all.add_subcommand("check", "Whether expressions are valid, and what they say");
    auto opt = std::make_shared<check_options>();
    app.add_option("expression", opt->texts, "Cron expressions, each in one argument")
        ->required()
        ->type_name("EXPR");
    add_reading(app, opt->how);
    app.callback([&chosen, opt] { chosen = [opt] { return check(*opt); }; });
}

void add_explain(CLI::App& all, work& chosen) {
    CLI::App& app = *all.add_subcommand("explain", "Why an expression fires at an instant, or why not");
    auto opt = std::make_shared<explain_options>();
    add_expression(app, opt->of)->required();
    add_reading(app, opt->of);
    add_uid(app, opt->of);
    add_instant(app, "--at", opt->at, "The instant")->required();
    add_instant(app, "--anchor", opt->anchor, "When the task was added, for @every");
    app.callback([&chosen, opt] { chosen = [opt] { return explain(*opt); }; });
}

void add_describe(CLI::App& all, work& chosen) {
    CLI::App& app = *all.add_subcommand("describe", "An expression in English");
    auto of = std::make_shared<expression>();
    add_expression(app, *of)->required();
    add_reading(app, *of);
    add_uid(app, *of);
    app.callback([&chosen, of] { chosen = [of] { return describe(*of); }; });
}

void add_stores(CLI::App& all, work& chosen) {
    CLI::App& tasks_app =
        *all.add_subcommand("tasks", "The tasks in a database of the SQLite or the PostgreSQL repository");
    auto of_tasks = std::make_shared<tasks_options>();
    tasks_app.add_option("file", of_tasks->file, "The database, a file or postgresql://…; it is only read")
        ->required()
        ->type_name("FILE");
    tasks_app.add_option("--schema", of_tasks->schema, "Where the tables are, of postgresql://… (rondo)")
        ->type_name("NAME");
    tasks_app.add_flag("--all", of_tasks->all, "Hidden tasks, too");
    tasks_app.callback([&chosen, of_tasks] {
        chosen = [of_tasks] {
            return is_postgres(of_tasks->file) ? postgres_tasks(*of_tasks) : tasks(*of_tasks);
        };
    });

    CLI::App& app = *all.add_subcommand("history", "The runs in a database of the SQLite repository");
    auto opt = std::make_shared<history_options>();
    app.add_option("file", opt->file, "The database; it is only read")->required()->type_name("FILE");
    app.add_option("--task", opt->task, "Only runs of this task")->type_name("UID");
    auto* run = app.add_option("--run", opt->run, "Only the run with this id")->type_name("ID");
    add_instant(app, "--from", opt->from, "Only what started, or was due, then or later");
    add_instant(app, "--to", opt->to, "Only what started, or was due, before");
    auto* limit = add_number(app, "--limit", opt->limit,
                             "At most so many, the latest first (default: 50 of text, else all)");
    auto* how =
        add_choice(app, "--format", opt->format,
                   {{"text", run_format::text}, {"csv", run_format::csv}, {"jsonl", run_format::jsonl}},
                   "How to print (default: text)");
    auto* summary = app.add_flag("--summary", opt->summary,
                                 "A line for each task: how many runs, how they ended, how long they took")
                        ->excludes(run)
                        ->excludes(limit)
                        ->excludes(how);
    app.add_flag("--skips", opt->skips, "Slots that became no run, and why; not runs")
        ->excludes(run)
        ->excludes(how)
        ->excludes(summary);
    app.callback([&chosen, opt] { chosen = [opt] { return history(*opt); }; });
}

void add_server(CLI::App& app, auto& opt) {
    app.add_option("server", opt.server, "Where the managers share their tasks, as postgresql://…")
        ->required()
        ->type_name("SERVER");
    app.add_option("--schema", opt.schema, "Where the tables are (rondo)")->type_name("NAME");
}

void add_asking(CLI::App& all, work& chosen) {
    CLI::App& run_app = *all.add_subcommand("run", "Asks the processes that share a task to run it once");
    auto run = std::make_shared<run_options>();
    add_server(run_app, *run);
    run_app.add_option("task", run->uid, "Its uid")->required()->type_name("UID");
    run_app.add_option("--user", run->users, "For this user; may come several times (default: for all)")
        ->type_name("ID");
    run_app.add_option("--within", run->within, "Not if nobody has begun it within so many seconds (60)")
        ->check(CLI::Range(1, 86'400).description(""))
        ->type_name("N");
    run_app.callback([&chosen, run] { chosen = [run] { return postgres_run(*run); }; });

    CLI::App& app = *all.add_subcommand("cancel", "Asks the process that has a run to cancel it");
    auto opt = std::make_shared<cancel_options>();
    add_server(app, *opt);
    app.add_option("run", opt->run, "Its id")->required()->type_name("ID");
    app.add_option("--why", opt->why, "Becomes the message of the run")->type_name("TEXT");
    app.callback([&chosen, opt] { chosen = [opt] { return postgres_cancel(*opt); }; });
}

} // namespace

work parse(int argc, const char* const* argv) {
    work chosen;
    CLI::App app("Looks at schedules, and at what tasks have done.", "rondo");
    app.set_version_flag("--version", fmt::format("rondo {}", version()));
    app.require_subcommand(0, 1); // that there is one is seen below, after what is unknown
    app.get_formatter()->column_width(28);
    add_next(app, chosen);
    add_check(app, chosen);
    add_explain(app, chosen);
    add_describe(app, chosen);
    add_stores(app, chosen);
    add_asking(app, chosen);
    app.footer("Exit code: 0 all went well, 1 there is no such thing, 2 what was given cannot be used.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() != 0) throw usage_error(shown(e.what()) + " (see --help)");
        int code = app.exit(e); // prints the help, or the version
        return [code] { return code; };
    }
    if (!chosen) throw usage_error("a subcommand is required (see --help)");
    return chosen;
}

} // namespace rondo::command
