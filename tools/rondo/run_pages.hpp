// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TOOLS_RONDO_RUN_PAGES_HPP
#define RONDO_TOOLS_RONDO_RUN_PAGES_HPP

#include "command.hpp"
#include "store.hpp"

#include <rondo/run.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rondo::command {

/// The runs that were asked for, the latest first, page by page. Each page opens the database for itself, so that
/// it is closed while what was read is printed: a pager may take its time, and what a reader still looks at keeps the
/// log of a server from being cut. Runs that begin meanwhile do not disturb the pages.
class run_pages {
public:
    /// Throws `usage_error` of the options.
    explicit run_pages(const history_options& opt);

    /// Calls `take` for each run of the next page, until it returns false; what it did not see is on the page after.
    /// False: there is no further page.
    [[nodiscard]] bool next(const std::function<bool(const store&, const run&)>& take);

    /// Whether the task that was asked for is on record; known after the first page.
    [[nodiscard]] bool task_known() const noexcept { return task_known_; }

private:
    [[nodiscard]] std::string sql(const store& from) const;
    void bind(rows& r, std::int64_t task) const;
    [[nodiscard]] bool read(const store& from, rows& r,
                            const std::function<bool(const store&, const run&)>& take);

    history_options opt_;
    moment from_;
    moment to_;
    std::optional<std::string> id_; // as it is stored
    std::int64_t left_;             // how many may still come
    bool task_known_ = true;
    struct key {
        std::int64_t started_at = 0;
        std::string id;
    };
    std::optional<key> last_; // that was taken
};

/// What is stored beside a run.
void read_results(const store& from, run& r);

} // namespace rondo::command

#endif // RONDO_TOOLS_RONDO_RUN_PAGES_HPP
