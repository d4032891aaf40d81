// SPDX-License-Identifier: BSL-1.0
#include <repository/memory/store.hpp>

#include <rondo/failure_count.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <utility>

namespace rondo::memory::detail {
namespace {

std::string_view uid_of(const begin_request& r) noexcept {
    return r.uid.view();
}
std::string_view uid_of(const finish_request& r) noexcept {
    return r.run.uid.view();
}

constexpr bool begins(const begin_request&) noexcept {
    return true;
}
constexpr bool begins(const begin_request*) noexcept {
    return true;
}
template <class T>
constexpr bool begins(const T&) noexcept {
    return false;
}

template <class T>
T& request_of(T& r) noexcept {
    return r;
}
template <class T>
const T& request_of(const T* const& r) noexcept {
    return *r;
}

} // namespace

std::uint64_t store::start(wall_time now) {
    tasks_.deactivate_all();
    std::uint64_t abandoned = 0;
    for (std::uint32_t i = runs_.all().oldest(); i != none; i = runs_.rows()[i].links[in_all].newer) {
        if (runs_.rows()[i].ended()) continue;
        runs_.details_of(i).message = abandoned_message; // first, as it may throw
        runs_.end(i, now, outcome::abandoned);
        ++abandoned;
    }
    return abandoned;
}

task_state store::register_task(const task_definition& definition) {
    task_state state;
    const task_row& task = tasks_[tasks_.put(definition, state)];
    if (task.record == nullptr) return state;
    failure_count failures;
    task.record->runs.newest_first(runs_.rows(), [&](std::uint32_t i) {
        const run_row& row = runs_.rows()[i];
        if (!state.last_run) state.last_run = row.started_at;
        failure_count::attempt a{row.scheduled_at, row.finished_at, row.attempt, row.trigger, {}};
        if (row.ended()) a.outcome = row.outcome;
        if (!state.last_outcome) state.last_outcome = a.outcome;
        return failures.take(a);
    });
    state.failures = failures.failures();
    return state;
}

void store::update(const task_update& update) {
    const std::uint32_t i = tasks_.find(update.uid);
    if (i == none) return;
    if (update.paused) tasks_[i].pause(update);
    if (update.active) tasks_[i].active = *update.active;
}

begin_answer store::refused(std::uint32_t task) const noexcept {
    begin_answer answer;
    answer.state = begin_state::conflict;
    answer.next_slot = unpacked(tasks_[task].next_slot);
    return answer;
}

/// What some of them need is fetched together, step by step, before the first is done: each step leads to the next, and
/// each may be a wait for memory.
template <class Request, class F>
void store::for_each(std::span<Request> requests, F f) {
    constexpr std::size_t part_max = 8;
    std::array<std::uint32_t, part_max> hashes{};
    std::array<std::uint32_t, part_max> rows{};
    std::array<const task_record*, part_max> records{};
    std::array<std::uint32_t, part_max> doomed{}; // what begins pushes out
    for (std::span<Request> left = requests; !left.empty();) {
        const std::span<Request> part = left.first(std::min(left.size(), part_max));
        left = left.subspan(part.size());
        const std::size_t n = part.size();
        const std::size_t gone = begins(part.front()) ? runs_.find_doomed(std::span(doomed).first(n)) : 0;
        for (std::size_t i = 0; i != n; ++i) {
            hashes[i] = task_table::hash_of(uid_of(request_of(part[i])));
            tasks_.prefetch(hashes[i]);
        }
        for (std::size_t i = 0; i != gone; ++i) runs_.prefetch_doomed(doomed[i]);
        for (std::size_t i = 0; i != n; ++i) rows[i] = tasks_.prefetch_row(hashes[i]);
        for (std::size_t i = 0; i != gone; ++i) runs_.prefetch_doomed_record(doomed[i]);
        for (std::size_t i = 0; i != n; ++i) records[i] = tasks_.prefetch_record(rows[i]);
        for (std::size_t i = 0; i != gone; ++i) runs_.prefetch_beside(doomed[i]);
        for (std::size_t i = 0; i != n; ++i) prefetch_for(request_of(part[i]), records[i]);
        for (std::size_t i = 0; i != n; ++i) {
            auto& request = request_of(part[i]);
            f(request, tasks_.find(uid_of(request), hashes[i]));
        }
    }
}

void store::prefetch_for(const begin_request& request, const task_record* record) const noexcept {
    if (request.started) runs_.prefetch(request.started->id);
    if (record == nullptr) return;
    runs_.prefetch(*record);
    if (request.skipped) record->prefetch_skips();
}

void store::prefetch_for(const finish_request&, const task_record* record) const noexcept {
    if (record != nullptr) runs_.prefetch(*record);
}

template <class Request>
std::vector<begin_answer> store::begin_all(std::span<Request> requests) {
    std::vector<begin_answer> answers;
    answers.reserve(requests.size());
    for_each(requests,
             [&](const begin_request& r, std::uint32_t task) { answers.push_back(begin(r, task)); });
    return answers;
}

template <class Request>
std::vector<finish_state> store::finish_all(std::span<Request> requests) {
    std::vector<finish_state> states;
    states.reserve(requests.size());
    for_each(requests, [&](auto& r, std::uint32_t task) { states.push_back(finish(r, task)); });
    return states;
}

std::vector<begin_answer> store::begin(std::span<const begin_request> requests) {
    return begin_all(requests);
}

std::vector<finish_state> store::finish(std::span<finish_request> requests) {
    return finish_all(requests);
}

std::vector<begin_answer> store::begin(std::span<const begin_request* const> requests) {
    return begin_all(requests);
}

std::vector<finish_state> store::finish(std::span<const finish_request* const> requests) {
    return finish_all(requests);
}

begin_answer store::begin(const begin_request& request, std::uint32_t t) {
    begin_answer answer;
    if (t == none) {
        answer.state = begin_state::unknown_task;
        return answer;
    }
    if (request.started) {
        const std::uint32_t known = runs_.find(request.started->id);
        if (known != none) {
            const run_row& row = runs_.rows()[known];
            if (row.task != t) return refused(t);
            answer.next_slot = unpacked(tasks_[t].next_slot);
            answer.token = row.token;
            return answer;
        }
        if (takes_slot(request.started->trigger) && runs_.slot_taken(t, request.started->scheduled_at))
            return refused(t);
    }
    if (request.moves_cursor && !request.force && tasks_[t].next_slot != packed(request.expected))
        return refused(t);
    apply(t, request, answer);
    return answer;
}

void store::apply(std::uint32_t task, const begin_request& request, begin_answer& answer) {
    task_row& row = tasks_[task];
    // First, as it may throw, and nothing has happened then.
    std::vector<user> users;
    if (request.started) {
        users = request.started->users;
        runs_.make_room_to_add(task, !users.empty());
    }
    if (request.skipped) row.make_record().make_room_for_skip();
    if (request.moves_cursor) tasks_.move_cursor(task, packed(request.next));
    answer.next_slot = unpacked(row.next_slot);
    // Skips of earlier slots than the run's go first: the run then parts them from later ones.
    const bool skip_is_later =
        request.started && request.skipped && request.skipped->last > request.started->scheduled_at;
    if (request.skipped && !skip_is_later) row.make_record().add_skip(*request.skipped);
    if (request.started) {
        const std::uint32_t i = runs_.add(task, *request.started, std::move(users));
        answer.token = runs_.rows()[i].token;
    }
    if (request.skipped && skip_is_later) row.make_record().add_skip(*request.skipped);
}

// What is constant is copied.
template <class Request>
finish_state store::finish(Request& request, std::uint32_t t) {
    auto& r = request.run;
    assert(r.finished_at && r.outcome);
    if (t == none) return finish_state::fenced;
    const bool tells = !r.message.empty() || !r.results.empty() || r.output != nullptr;
    run_details told; // first, as copies may throw
    if (tells) told = {std::move(r.message), {}, std::move(r.results), std::move(r.output)};
    std::uint32_t i = runs_.find(r.id, tasks_[t]);
    if (i == none) {
        // Its begin never arrived. The slot may be on record as another's all the same.
        if (takes_slot(r.trigger) && runs_.slot_taken(t, r.scheduled_at)) return finish_state::fenced;
        std::vector<user> users = r.users; // first, as it may throw, and nothing has happened then
        runs_.make_room_to_add(t, true);
        i = runs_.add(t, {r.id, r.trigger, r.scheduled_at, r.started_at, {}, r.attempt}, std::move(users));
    } else {
        const run_row& known = runs_.rows()[i];
        if (known.task != t) return finish_state::fenced;
        if (known.ended()) return finish_again(i, request);
        if (request.token != 0 && request.token != known.token) return finish_state::fenced;
    }
    if (tells) { // of a run that was added just now there are some, or there is memory for them
        run_details& details = runs_.details_of(i);
        details.message = std::move(told.message);
        details.results = std::move(told.results);
        details.output = std::move(told.output);
    }
    runs_.end(i, *r.finished_at, *r.outcome);
    if (request.next_slot && tasks_[t].next_slot == cursor_waits_for_end)
        tasks_.move_cursor(t, *request.next_slot);
    return finish_state::recorded;
}

finish_state store::finish_again(std::uint32_t row, const finish_request& request) const noexcept {
    const run_row& known = runs_.rows()[row];
    const bool ours = request.token == 0 || request.token == known.token;
    return ours && known.outcome == request.run.outcome ? finish_state::already : finish_state::fenced;
}

prune_progress store::prune(const prune_policy& policy) {
    const std::size_t most = policy.limit != 0 ? policy.limit : static_cast<std::size_t>(-1);
    std::vector<std::uint32_t> doomed;
    bool whole = true; // the task at hand
    auto task = static_cast<std::uint32_t>(std::min<std::uint64_t>(policy.from, tasks_.size()));
    for (std::size_t looked = 0; whole && task < tasks_.size() && looked < most; ++looked) {
        whole = find_doomed(task, policy, most, doomed);
        if (whole) ++task;
    }
    for (std::uint32_t i : doomed) runs_.remove(i);
    prune_progress done{doomed.size(), {}};
    if (task < tasks_.size()) done.next = task;
    return done;
}

// False if there are more than `most` in all.
bool store::find_doomed(std::uint32_t task, const prune_policy& policy, std::size_t most,
                        std::vector<std::uint32_t>& doomed) const {
    if (tasks_[task].record == nullptr) return true;
    bool whole = true;
    std::size_t rank = 0;
    tasks_[task].record->runs.newest_first(runs_.rows(), [&](std::uint32_t i) {
        const run_row& row = runs_.rows()[i];
        const bool old = policy.ended_before && row.finished_at < *policy.ended_before;
        const bool surplus = policy.runs_per_task && rank >= *policy.runs_per_task;
        ++rank;
        if (!row.ended() || !(old || surplus)) return true;
        whole = doomed.size() < most;
        if (whole) doomed.push_back(i);
        return whole;
    });
    return whole;
}

} // namespace rondo::memory::detail
