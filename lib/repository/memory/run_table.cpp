// SPDX-License-Identifier: BSL-1.0
#include <repository/memory/run_table.hpp>

#include <repository/prefetch.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace rondo::memory::detail {
namespace {

// A free row does not sit on the room of one long message.
constexpr std::size_t message_kept_max = 256;

} // namespace

std::uint32_t run_table::find(const run_id& id) const noexcept {
    if (id_max_ < id) return none;
    return by_id_.find(hash_of(id), [&](std::uint32_t i) { return rows_[i].id == id; });
}

std::uint32_t run_table::find(const run_id& id, const task_row& task) const noexcept {
    const std::uint32_t newest = task.record == nullptr ? none : task.record->runs.newest();
    return newest != none && rows_[newest].id == id ? newest : find(id);
}

void run_table::prefetch(const task_record& record) const noexcept {
    rows_.prefetch(record.runs.newest());
    rows_.prefetch(record.runs.oldest());
}

std::size_t run_table::find_doomed(std::span<std::uint32_t> to) const noexcept {
    if (all_.size() + to.size() <= options_.runs_max) return 0;
    std::size_t n = 0;
    for (std::uint32_t i = all_.first_ended(); i != none && n != to.size(); i = rows_[i].links[in_all].newer)
        to[n++] = i;
    return n;
}

void run_table::prefetch_doomed(std::uint32_t i) const noexcept {
    prefetch(rows_[i].id);
    tasks_.prefetch_number(rows_[i].task);
}

void run_table::prefetch_doomed_record(std::uint32_t i) const noexcept {
    repository_detail::prefetch_whole(tasks_[rows_[i].task].record.get());
}

bool run_table::slot_taken(std::uint32_t task, wall_time slot) const noexcept {
    const task_record* record = tasks_[task].record.get();
    // Slots only go forward, save after the clock or a cursor was set back: a search is the exception.
    if (record == nullptr || slot > record->slot_max) return false;
    for (std::uint32_t i = record->runs.oldest(); i != none; i = rows_[i].links[in_task].newer)
        if (rows_[i].scheduled_at == slot && takes_slot(rows_[i].trigger)) return true;
    return false;
}

void run_table::make_room_to_add(std::uint32_t task, bool with_details) {
    task_record& record = tasks_[task].make_record();
    forget_surplus(record);
    rows_.make_room();
    by_id_.make_room();
    if (with_details && spare_details_ == nullptr) spare_details_ = std::make_unique<run_details>();
}

std::uint32_t run_table::add(std::uint32_t task, const run_begin& r, std::vector<user> users) noexcept {
    task_record& record = *tasks_[task].record;
    const std::uint32_t i = rows_.take();
    run_row& row = rows_[i];
    row.id = r.id;
    row.order = ++order_;
    id_max_ = std::max(id_max_, r.id);
    row.token = ++record.token;
    row.scheduled_at = r.scheduled_at;
    row.started_at = r.started_at;
    row.finished_at = never;
    row.task = task;
    row.trigger = r.trigger;
    row.attempt = r.attempt;
    by_id_.insert(hash_of(r.id), i);
    all_.append(rows_, i);
    record.runs.append(rows_, i);
    if (takes_slot(r.trigger)) record.slot_max = std::max(record.slot_max, r.scheduled_at);
    if (!users.empty()) {
        if (row.details == nullptr) row.details = std::move(spare_details_);
        row.details->users = std::move(users);
    }
    return i;
}

void run_table::forget_surplus(task_record& record) {
    while (record.runs.size() >= options_.runs_per_task_max) {
        const std::uint32_t oldest = record.runs.oldest_ended(rows_);
        if (oldest == none) break;
        remove(oldest);
    }
    while (all_.size() >= options_.runs_max) {
        const std::uint32_t oldest = all_.oldest_ended(rows_);
        if (oldest == none) break;
        remove(oldest);
    }
}

void run_table::end(std::uint32_t i, wall_time at, rondo::outcome how) noexcept {
    run_row& row = rows_[i];
    row.finished_at = at;
    row.outcome = how;
    all_.note_end(rows_, i);
    tasks_[row.task].record->runs.note_end(rows_, i);
}

void run_table::remove(std::uint32_t i) {
    rows_.make_room_to_give_back(); // first, as it may throw
    run_row& row = rows_[i];
    by_id_.erase(hash_of(row.id), i);
    all_.remove(rows_, i);
    tasks_[row.task].record->runs.remove(rows_, i);
    if (row.details != nullptr && row.details->message.capacity() > message_kept_max) row.details.reset();
    if (row.details != nullptr) {
        row.details->message.clear();
        row.details->users.clear();
        row.details->results.clear();
        row.details->output.reset();
    }
    rows_.give_back(i);
}

run_details& run_table::details_of(std::uint32_t i) {
    run_row& row = rows_[i];
    if (row.details == nullptr) row.details = std::move(spare_details_);
    if (row.details == nullptr) row.details = std::make_unique<run_details>();
    return *row.details;
}

run run_table::copy(std::uint32_t i) const {
    const run_row& row = rows_[i];
    run r;
    r.id = row.id;
    r.uid = tasks_[row.task].uid;
    r.trigger = row.trigger;
    r.attempt = row.attempt;
    r.scheduled_at = row.scheduled_at;
    r.started_at = row.started_at;
    if (row.ended()) {
        r.finished_at = row.finished_at;
        r.outcome = row.outcome;
    }
    if (row.details != nullptr) {
        r.message = row.details->message;
        r.users = row.details->users;
        r.results = row.details->results;
        r.output = row.details->output;
    }
    return r;
}

} // namespace rondo::memory::detail
