// SPDX-License-Identifier: BSL-1.0
#include <repository/memory/task_table.hpp>

#include <repository/prefetch.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace rondo::memory::detail {
namespace {

constexpr std::size_t skip_ranges_max = 32; // of one task

} // namespace

void task_record::add_skip(const skip_range& range) {
    if (!skips.empty()) {
        skip_range& latest = skips.back();
        // The repeat of a call whose answer got lost.
        if (latest.reason == range.reason && latest.first <= range.first && range.last <= latest.last) return;
        if (latest.reason == range.reason && latest.last < range.first && slot_max <= latest.last) {
            latest.last = range.last;
            latest.count += range.count;
            return;
        }
    }
    if (skips.size() == skip_ranges_max) skips.erase(skips.begin());
    skips.push_back(range);
}

void task_row::pause(const task_update& update) {
    paused = *update.paused;
    if (paused && (!update.pause_reason.empty() || update.paused_until))
        make_record().pause = {update.pause_reason, update.paused_until};
    else if (record != nullptr)
        record->pause = {};
}

std::uint32_t task_table::hash_of(std::string_view uid) noexcept {
    return fold_hash(std::hash<std::string_view>{}(uid));
}

std::uint32_t task_table::find(std::string_view uid, std::uint32_t hash) const noexcept {
    return by_uid_.find(hash, [&](std::uint32_t i) { return rows_[i].uid.view() == uid; });
}

const task_record* task_table::prefetch_record(std::uint32_t row) const noexcept {
    if (row == none) return nullptr;
    repository_detail::prefetch(rows_[row].uid.view().data());
    const task_record* record = rows_[row].record.get();
    repository_detail::prefetch(record);
    return record;
}

std::uint32_t task_table::put(const task_definition& definition, task_state& state) {
    std::uint32_t i = find(definition.uid);
    state.created = i == none;
    if (state.created) {
        const std::uint32_t schedule = schedules_.acquire(definition.schedule);
        i = rows_.take();
        by_uid_.insert(hash_of(definition.uid), i);
        rows_[i].uid = definition.uid;
        rows_[i].anchor = definition.anchor;
        rows_[i].next_slot = packed(definition.first_slot);
        rows_[i].schedule = schedule;
    } else {
        state.schedule_changed = change_schedule(i, definition.schedule);
    }
    task_row& row = rows_[i];
    row.hidden = definition.hidden;
    row.active = true;
    state.anchor = row.anchor;
    state.next_slot = unpacked(row.next_slot);
    state.paused = row.paused;
    if (row.record != nullptr) {
        state.pause_reason = row.record->pause.reason;
        state.paused_until = row.record->pause.until;
    }
    return i;
}

// Whether the cursor is of another one.
bool task_table::change_schedule(std::uint32_t i, std::string_view text) {
    if (schedules_[rows_[i].schedule] == text && !cursor_schedules_.contains(i)) return false;
    const auto known = cursor_schedules_.try_emplace(i, none).first; // first, as it may throw
    std::uint32_t& of_cursor = known->second;
    std::uint32_t schedule = none;
    try {
        schedule = schedules_.acquire(text);
    } catch (...) {
        if (of_cursor == none) cursor_schedules_.erase(known);
        throw;
    }
    const std::uint32_t before = std::exchange(rows_[i].schedule, schedule);
    if (of_cursor == none)
        of_cursor = before; // with the use of it
    else
        schedules_.release(before);
    if (of_cursor != schedule) return true;
    schedules_.release(schedule);
    cursor_schedules_.erase(known);
    return false;
}

void task_table::move_cursor(std::uint32_t i, wall_time to) noexcept {
    rows_[i].next_slot = to;
    if (cursor_schedules_.empty()) return;
    const auto known = cursor_schedules_.find(i);
    if (known == cursor_schedules_.end()) return;
    schedules_.release(known->second);
    cursor_schedules_.erase(known);
}

void task_table::deactivate_all() noexcept {
    for (std::uint32_t i = 0; i < rows_.size(); ++i) rows_[i].active = false;
}

} // namespace rondo::memory::detail
