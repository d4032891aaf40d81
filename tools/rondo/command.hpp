// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_COMMAND_HPP
#define RONDO_TOOLS_RONDO_COMMAND_HPP

#include <rondo/cron.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rondo::command {

// What `rondo` exits with.
inline constexpr int exit_ok = 0;
inline constexpr int exit_nothing = 1; ///< there is no such thing: no further instant, no such task
inline constexpr int exit_usage = 2;   ///< what was given cannot be used

/// Becomes `rondo: …` on stderr and `exit_usage`. It may have several lines, which are printed as they are.
class usage_error : public std::runtime_error {
    using runtime_error::runtime_error;
};

/// An expression as it is given, and how to read it.
struct expression {
    std::string text;
    std::string zone = "UTC";
    cron_dialect dialect = cron_dialect::unix_;
    gap_rule gap = gap_rule::run_at_end;
    overlap_rule overlap = overlap_rule::first;
    std::optional<std::string> uid; ///< for `H`
};

enum class format : std::uint8_t { text, tsv, json };

inline constexpr int count_max = 100'000;

struct next_options {
    expression of;
    std::optional<std::string> from; ///< default: now
    int count = 5;
    command::format format = format::text;
};

struct explain_options {
    expression of;
    std::string at;
    std::optional<std::string> anchor; ///< when the task was added; needed by `@every`
};

struct check_options {
    std::vector<std::string> texts;
    expression how; ///< its text is not looked at
};

struct tasks_options {
    std::string file;             ///< or where a PostgreSQL server is
    std::string schema = "rondo"; ///< of that
    bool all = false;             ///< hidden tasks too
};

struct run_options {
    std::string server;
    std::string schema = "rondo";
    std::string uid;
    std::vector<std::string> users; ///< none: for all
    int within = 60;                ///< seconds
};

struct cancel_options {
    std::string server;
    std::string schema = "rondo";
    std::string run; ///< its id
    std::string why;
};

enum class run_format : std::uint8_t { text, csv, jsonl };

struct history_options {
    std::string file;
    std::optional<std::string> task;
    std::optional<std::string> run;    ///< its id
    std::optional<std::string> from;   ///< started at or after
    std::optional<std::string> to;     ///< started before
    std::optional<std::int64_t> limit; ///< default: 50 of text, else all
    run_format format = run_format::text;
    bool summary = false; ///< a line for each task, not for each run
    bool skips = false;   ///< not runs, but slots that became none
};

// Each writes to stdout and gives the exit code, or throws `usage_error`.

[[nodiscard]] int next(const next_options& opt);
/// `rondo next --stdin`: from descriptor 0 to descriptor 1.
[[nodiscard]] int next_lines(int count);
[[nodiscard]] int check(const check_options& opt);
[[nodiscard]] int explain(const explain_options& opt);
[[nodiscard]] int describe(const expression& of);
[[nodiscard]] int tasks(const tasks_options& opt);
[[nodiscard]] int history(const history_options& opt);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_COMMAND_HPP
