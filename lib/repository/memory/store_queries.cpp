// SPDX-License-Identifier: BSL-1.0
#include <repository/memory/store.hpp>

#include <algorithm>

namespace rondo::memory::detail {
namespace {

constexpr std::uint32_t part_max = 1000; // tasks and runs that are looked at in one go

} // namespace

bool store::has_result_for(const run_row& row, const std::string& user) const noexcept {
    if (row.details == nullptr) return false;
    const auto& results = row.details->results;
    return std::any_of(results.begin(), results.end(),
                       [&](const task_result& r) { return r.user().id() == user; });
}

bool store::matches(const run_row& row, const history_filter& filter) const noexcept {
    return (!filter.before || row.key() < *filter.before) && (!filter.to || row.started_at < *filter.to) &&
           (!filter.trigger || row.trigger == *filter.trigger) &&
           (!filter.outcome || (row.ended() && row.outcome == *filter.outcome)) &&
           (!filter.user || has_result_for(row, *filter.user));
}

history_page store::history(const history_filter& filter) const {
    history_page page;
    const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, history_limit_max);
    const auto visit = [&](std::uint32_t i) {
        const run_row& row = runs_.rows()[i];
        if (filter.from && row.started_at < *filter.from) return false; // as are all that follow
        if (!matches(row, filter)) return true;
        if (page.runs.size() == limit) {
            page.next = history_key{page.runs.back().started_at, page.runs.back().id};
            return false;
        }
        page.runs.push_back(runs_.copy(i));
        return true;
    };
    if (!filter.uid) {
        runs_.all().newest_first(runs_.rows(), visit);
        return page;
    }
    const std::uint32_t t = tasks_.find(*filter.uid);
    if (t != none && tasks_[t].record != nullptr) tasks_[t].record->runs.newest_first(runs_.rows(), visit);
    return page;
}

std::optional<run> store::find_run(const run_id& id) const {
    const std::uint32_t i = runs_.find(id);
    if (i == none) return std::nullopt;
    return runs_.copy(i);
}

std::vector<run> store::last_runs(const std::optional<std::string>& user) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t t = 0; t < tasks_.size(); ++t) {
        if (tasks_[t].record == nullptr) continue;
        tasks_[t].record->runs.newest_first(runs_.rows(), [&](std::uint32_t i) {
            const run_row& row = runs_.rows()[i];
            if (!row.ended() || (user && !has_result_for(row, *user))) return true;
            found.push_back(i);
            return false;
        });
    }
    std::sort(found.begin(), found.end(), [&](std::uint32_t a, std::uint32_t b) {
        return tasks_[runs_.rows()[a].task].uid < tasks_[runs_.rows()[b].task].uid;
    });
    std::vector<run> runs;
    runs.reserve(found.size());
    for (std::uint32_t i : found) runs.push_back(runs_.copy(i));
    return runs;
}

run_tally store::tally_of(std::uint32_t task, const summary_filter& filter) const {
    run_tally tally;
    if (tasks_[task].record == nullptr) return tally;
    tasks_[task].record->runs.newest_first(runs_.rows(), [&](std::uint32_t i) {
        const run_row& row = runs_.rows()[i];
        if (filter.from && row.started_at < *filter.from) return false; // as are all that follow
        if (filter.to && row.started_at >= *filter.to) return true;
        tally.take(row.ended() ? std::optional(row.outcome) : std::nullopt, row.started_at,
                   unpacked(row.finished_at));
        return true;
    });
    return tally;
}

std::uint32_t store::sum_up(const summary_filter& filter, std::uint32_t task,
                            std::vector<task_summary>& to) const {
    std::uint32_t end = tasks_.size();
    if (filter.uid) {
        task = tasks_.find(*filter.uid);
        end = task == none ? none : task + 1;
    }
    for (std::uint64_t looked_at = 0; task < end; ++task) {
        if (looked_at >= part_max) return task;
        const run_tally tally = tally_of(task, filter);
        if (!tally.empty()) to.push_back(tally.summary(tasks_[task].uid));
        looked_at += 1 + (tasks_[task].record != nullptr ? tasks_[task].record->runs.size() : 0);
    }
    return none;
}

std::vector<skip_range> store::skips(const std::string& uid, std::size_t limit) const {
    const std::uint32_t t = tasks_.find(uid);
    if (t == none || tasks_[t].record == nullptr) return {};
    const auto& kept = tasks_[t].record->skips;
    return {kept.rbegin(), kept.rbegin() + static_cast<std::ptrdiff_t>(std::min(limit, kept.size()))};
}

} // namespace rondo::memory::detail
