// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/batch.hpp>
#include <repository/postgres/claims.hpp>
#include <repository/postgres/database.hpp>
#include <repository/postgres/failure.hpp>
#include <repository/postgres/waves.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace rondo::postgres::detail {
namespace {

/// Counters that do not fit are as high as they can be.
std::int64_t as_integer(std::uint64_t n) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(n < most ? n : most);
}

std::size_t hash_of(std::string_view uid) noexcept {
    return std::hash<std::string_view>()(uid);
}

/// One of the texts that belong to a request, in the order of the requests.
template <class T>
struct detail_of {
    std::int64_t ord; // of the request, from 1
    std::int64_t position;
    const T* value;
};

/// `list(request)` gives those of a request: a pointer to a vector, or null.
template <class T, class Request, class List>
std::vector<detail_of<T>> details_of(const std::vector<const Request*>& requests, List list) {
    std::vector<detail_of<T>> all;
    for (std::size_t i = 0; i != requests.size(); ++i) {
        const std::vector<T>* some = list(*requests[i]);
        if (some == nullptr) continue;
        std::int64_t position = 0;
        for (const T& each : *some) all.push_back({static_cast<std::int64_t>(i) + 1, position++, &each});
    }
    return all;
}

template <class T>
void add_places(parameters& p, const std::vector<detail_of<T>>& all) {
    p.add_array(all, [](const auto& d) { return d.ord; });
    p.add_array(all, [](const auto& d) { return d.position; });
}

void add_users(parameters& p, const std::vector<detail_of<user>>& all) {
    add_places(p, all);
    p.add_array(all, [](const auto& d) { return std::string_view(d.value->id()); });
}

bool skip_is_later(const begin_request& r) noexcept {
    return r.started && r.skipped && r.skipped->last > r.started->scheduled_at;
}

/// What of the skip, or of the run, is stored; null if there is none.
template <class F>
auto of_skip(F f) {
    return [f](const begin_request* r) {
        using value = decltype(f(*r->skipped));
        return r->skipped ? std::optional<value>(f(*r->skipped)) : std::nullopt;
    };
}
template <class F>
auto of_run(F f) {
    return [f](const begin_request* r) {
        using value = decltype(f(*r->started));
        return r->started ? std::optional<value>(f(*r->started)) : std::nullopt;
    };
}

bool asked_for_some(const begin_request* r) noexcept {
    return r->started && !r->started->users.empty();
}
bool has_skip(const begin_request* r) noexcept {
    return r->skipped.has_value();
}
// Who asked is on record already, mostly.
bool has_users(const finish_request* r) noexcept {
    return !r->run.users.empty();
}
bool tells(const finish_request* r) noexcept {
    return !r->run.results.empty() || r->run.output != nullptr;
}

using begin_set = std::unordered_set<const begin_request*>;

/// Whether it may leave the cursor where it was.
bool may_begin_before_cursor(const begin_request& r) noexcept {
    if (!r.expected || (!r.started && !r.skipped)) return true;
    return (r.skipped && r.skipped->first < *r.expected) ||
           (r.started && r.started->scheduled_at < *r.expected);
}

/// Those that are right only while the cursor is of the schedule before: of each task the first at most, the next go on
/// from there.
begin_set moves_of_old(const std::vector<begin_request>& begun, const leases& l) {
    begin_set all;
    std::unordered_set<shared_string> seen;
    const auto came_to_old = [&](const shared_string& uid) {
        const auto known = l.tasks.find(uid);
        return known != l.tasks.end() && known->second.came_to_old;
    };
    for (const begin_request& r : begun)
        if (r.moves_cursor && came_to_old(r.uid) && seen.insert(r.uid).second && may_begin_before_cursor(r))
            all.insert(&r);
    return all;
}

// Where none of them has a skip, nobody looks at what there is of skips.
parameters begin_parameters(const std::vector<const begin_request*>& requests, const leases* shared,
                            const begin_set& of_old) {
    static const std::vector<const begin_request*> none;
    const std::vector<const begin_request*>& skipping =
        std::ranges::any_of(requests, has_skip) ? requests : none;
    parameters p;
    p.add_array(requests, [](const auto* r) { return r->uid.view(); });
    p.add_array(requests, [](const auto* r) { return r->moves_cursor; });
    p.add_array(requests, [](const auto* r) { return r->force; });
    p.add_array(requests, [](const auto* r) { return r->expected; });
    p.add_array(requests, [](const auto* r) { return r->next; });
    p.add_array(skipping, of_skip([](const skip_range& s) { return plain_text{to_string(s.reason)}; }));
    p.add_array(skipping, of_skip([](const skip_range& s) { return s.first; }));
    p.add_array(skipping, of_skip([](const skip_range& s) { return s.last; }));
    p.add_array(skipping, of_skip([](const skip_range& s) { return as_integer(s.count); }));
    p.add_array(skipping, [](const auto* r) { return skip_is_later(*r); });
    p.add_array(requests, of_run([](const run_begin& b) { return b.id; }));
    p.add_array(requests, of_run([](const run_begin& b) { return plain_text{to_string(b.trigger)}; }));
    p.add_array(requests, of_run([](const run_begin& b) { return std::int64_t{b.attempt}; }));
    p.add_array(requests, of_run([](const run_begin& b) { return b.scheduled_at; }));
    p.add_array(requests, of_run([](const run_begin& b) { return b.started_at; }));
    add_users(p, details_of<user>(requests, [](const begin_request& r) {
                  return r.started ? &r.started->users : nullptr;
              }));
    p.add(run_id());
    if (shared == nullptr) return p;
    p.add(plain_text{shared->node}).add(std::int64_t{std::chrono::microseconds(shared->ttl).count()});
    p.add_array(requests, [](const auto* r) { return r->exclusive; });
    p.add_array(requests, [&](const auto* r) { return shared->schedule_of(r->uid); });
    p.add_array(requests, [](const auto* r) { return std::int64_t{r->attempts_max}; });
    p.add_array(requests, [](const auto* r) { return r->asked; });
    p.add_array(requests, [&](const auto* r) { return of_old.contains(r); });
    p.add_array(requests, [](const auto* r) { return r->in_advance; });
    return p;
}

template <class F>
auto of_progress(F f) {
    return [f](const finish_request* r) {
        using value = decltype(f(*r->run.output->progress));
        const bool there = r->run.output != nullptr && r->run.output->progress;
        return there ? std::optional<value>(f(*r->run.output->progress)) : std::nullopt;
    };
}

parameters finish_parameters(const std::vector<const finish_request*>& requests, const leases* shared) {
    parameters p;
    p.add_array(requests, [](const auto* r) { return r->run.uid.view(); });
    p.add_array(requests, [](const auto* r) { return r->run.id; });
    p.add_array(requests, [](const auto* r) { return as_integer(r->token); });
    p.add_array(requests, [](const auto* r) { return plain_text{to_string(r->run.trigger)}; });
    p.add_array(requests, [](const auto* r) { return std::int64_t{r->run.attempt}; });
    p.add_array(requests, [](const auto* r) { return r->run.scheduled_at; });
    p.add_array(requests, [](const auto* r) { return r->run.started_at; });
    p.add_array(requests, [](const auto* r) { return r->run.finished_at; });
    p.add_array(requests, [](const auto* r) { return plain_text{to_string(*r->run.outcome)}; });
    p.add_array(requests, [](const auto* r) { return std::string_view(r->run.message); });
    p.add_array(requests, [](const auto* r) { return r->next_slot; });
    p.add_array(requests, of_progress([](const run_progress& g) { return g.share; }));
    p.add_array(requests, of_progress([](const run_progress& g) { return std::string_view(g.text); }));
    p.add_array(requests, of_progress([](const run_progress& g) { return g.at; }));
    p.add_array(requests, [](const auto* r) {
        const auto& output = r->run.output;
        return output != nullptr ? std::optional<std::int64_t>(as_integer(output->lines_dropped))
                                 : std::nullopt;
    });
    add_users(p, details_of<user>(requests, [](const finish_request& r) { return &r.run.users; }));
    const auto told =
        details_of<task_result>(requests, [](const finish_request& r) { return &r.run.results; });
    add_places(p, told);
    p.add_array(told, [](const auto& d) { return std::string_view(d.value->user().id()); });
    p.add_array(told, [](const auto& d) { return std::string_view(d.value->message()); });
    p.add_array(told, [](const auto& d) { return std::string_view(d.value->error()); });
    const auto wrote = details_of<run_line>(requests, [](const finish_request& r) {
        return r.run.output != nullptr ? &r.run.output->lines : nullptr;
    });
    add_places(p, wrote);
    p.add_array(wrote, [](const auto& d) { return d.value->at; });
    p.add_array(wrote, [](const auto& d) { return std::string_view(d.value->text); });
    p.add(run_id());
    if (shared != nullptr) p.add(plain_text{shared->node});
    return p;
}

begin_state begin_state_from(std::string_view word) {
    if (word == "recorded") return begin_state::recorded;
    if (word == "conflict") return begin_state::conflict;
    if (word == "superseded") return begin_state::superseded;
    if (word == "busy") return begin_state::busy;
    if (word == "not_yet") return begin_state::not_yet;
    return begin_state::unknown_task;
}

finish_state finish_state_from(std::string_view word) {
    if (word == "recorded") return finish_state::recorded;
    if (word == "already") return finish_state::already;
    return finish_state::fenced;
}

void expect_size(const rows& r, std::size_t n) {
    if (r.size() != n) throw failure(errc::store_corrupt, "PostgreSQL gave fewer rows than were asked for");
}

std::vector<wave<begin_request>> waves_of_begins(const std::vector<begin_request>& begun) {
    return waves_of(begun, [](const begin_request& r, auto take) {
        take(hash_of(r.uid));
        if (r.started) take(std::hash<run_id>()(r.started->id));
    });
}

std::vector<wave<finish_request>> waves_of_ends(const std::vector<finish_request>& ended) {
    return waves_of(ended, [](const finish_request& r, auto take) {
        take(hash_of(r.run.uid));
        take(std::hash<run_id>()(r.run.id));
    });
}

const std::string& finish_statement(const statements& sql, const wave<finish_request>& w) {
    return sql.finish_runs(std::ranges::any_of(w.requests, has_users),
                           std::ranges::any_of(w.requests, tells));
}

const std::string& begin_statement(const statements& sql, const wave<begin_request>& w) {
    return sql.begin_runs(std::ranges::any_of(w.requests, asked_for_some),
                          std::ranges::any_of(w.requests, has_skip));
}

void read_ends(const rows& r, const wave<finish_request>& w, std::vector<finish_state>& to) {
    expect_size(r, w.places.size());
    for (std::size_t i = 0; i != w.places.size(); ++i) to[w.places[i]] = finish_state_from(r.word(i, 0));
}

void read_begins(const rows& r, const wave<begin_request>& w, std::vector<begin_answer>& to) {
    expect_size(r, w.places.size());
    for (std::size_t i = 0; i != w.places.size(); ++i)
        to[w.places[i]] = {begin_state_from(r.word(i, 0)), r.time_or_never(i, 1), r.count(i, 2),
                           steady_time::max()};
}

// Before claims that were left for later are made again: whoever was at the tasks has committed by then, mostly. After
// the last of them they wait for him.
constexpr std::array<std::chrono::milliseconds, 2> contended_pauses{std::chrono::milliseconds(2),
                                                                    std::chrono::milliseconds(4)};
// The first, where it is optimistic, is 0.
constexpr std::size_t tries_of_claims = contended_pauses.size() + 1;

boost::asio::awaitable<void> pause_for(std::chrono::milliseconds t) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, t);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

parameters ids_of(const std::vector<const begin_request*>& claims) {
    parameters p;
    p.add_array(claims, [](const begin_request* r) { return r->started->id; });
    return p;
}

parameters uids_of(const std::vector<finish_request>& ended, const std::vector<begin_request>& begun) {
    std::vector<std::string_view> uids;
    for (const finish_request& r : ended) uids.push_back(r.run.uid.view());
    for (const begin_request& r : begun) uids.push_back(r.uid.view());
    parameters p;
    p.add_array(uids, [](std::string_view uid) { return uid; });
    return p;
}

} // namespace

database::awaitable<recorded_runs> database::record(const std::vector<finish_request>& ended,
                                                    const std::vector<begin_request>& begun, bool closely) {
    if (ended.empty() && begun.empty())
        co_return recorded_runs{std::vector<finish_state>(), std::vector<begin_answer>()};
    co_return co_await ask_for_runs(ended, begun, closely);
}

// Where the statement for what was left open fails, those that are recorded by then are held until they are asked
// for again, as all will be that fails.
database::awaitable<recorded_runs> database::ask_for_runs(const std::vector<finish_request>& ended,
                                                          const std::vector<begin_request>& begun,
                                                          bool closely, std::size_t tries) {
    recorded_runs said{std::vector<finish_state>(ended.size()), std::vector<begin_answer>(begun.size())};
    const leases* const shared = is_shared() ? &leases_ : nullptr;
    const auto ends = waves_of_ends(ended);
    const auto begins = waves_of_begins(begun);
    const bool claims = !closely && begins.size() == 1 && std::ranges::all_of(begun, is_claim);
    const bool optimistic = claims && tries == 0 && careful_ == 0;
    if (!optimistic) tries = std::max<std::size_t>(tries, 1);
    const bool waits = tries == tries_of_claims;
    batch b;
    if (!claims || !ended.empty()) b.add(sql_.lock_tasks, uids_of(ended, begun));
    std::size_t next = b.statements.size();
    for (const auto& w : ends) b.add(finish_statement(sql_, w), finish_parameters(w.requests, shared));
    if (optimistic) {
        b.add(sql_.optimistic_claim, claim_parameters(begins[0].requests, shared));
    } else if (claims) {
        b.add(sql_.claim, claim_parameters(begins[0].requests, shared, waits));
        if (waits && shared != nullptr) b.add(lease_sql_.sync_if_begun, ids_of(begins[0].requests));
    } else {
        const begin_set of_old = shared != nullptr ? moves_of_old(begun, *shared) : begin_set();
        for (const auto& w : begins)
            b.add(begin_statement(sql_, w), begin_parameters(w.requests, shared, of_old));
    }
    co_await renew_if_due();
    const steady_time asked_at = leases::now();
    const std::vector<rows> answers = co_await connection_.exchange(b);
    for (const auto& w : ends) read_ends(answers[next++], w, said.finished.assume_value());
    if (shared != nullptr) note_ended(ended);
    open_claims open;
    if (optimistic)
        open = read_optimistic_claims(answers[next], begins[0].requests, said.begun.assume_value());
    else if (claims)
        open = read_claims(answers[next], begins[0].requests, said.begun.assume_value());
    else
        for (const auto& w : begins) read_begins(answers[next++], w, said.begun.assume_value());
    if (shared != nullptr) note_begun(begun, said.begun.assume_value(), asked_at);
    if (claims && !optimistic) note_rivals(open);
    if (open.places.empty()) co_return said;
    // As claims as long as that may decide one of them: the longer statement waits for all.
    const bool once_more = !waits && (open.later || open.again);
    if (once_more && open.later) co_await pause_for(contended_pauses[tries - 1]);
    const std::vector<finish_request> no_ends;
    std::vector<begin_request> rest;
    for (const std::size_t place : open.places) rest.push_back(begun[place]);
    const recorded_runs more = co_await ask_for_runs(no_ends, rest, !once_more, tries + 1);
    for (std::size_t i = 0; i != open.places.size(); ++i)
        said.begun.assume_value()[open.places[i]] = more.begun.assume_value()[i];
    co_return said;
}

// Whoever lost one to another may lose the next. Those that must be looked at more closely say nothing of others.
void database::note_rivals(const open_claims& open) noexcept {
    const bool rivals = open.lost || open.later || open.again;
    careful_ = rivals ? careful_most : std::max(careful_ - 1, 0);
}

database::awaitable<void> database::plan_next() {
    co_await renew_if_due();
    const leases* const shared = is_shared() ? &leases_ : nullptr;
    const wave<begin_request> no_begins;
    const wave<finish_request> no_ends;
    batch b;
    switch (planned_++) { // whatever becomes of it: it is planned when it is needed, then
    case 0: b.add(sql_.optimistic_claim, claim_parameters(no_begins.requests, shared)); break;
    case 1: b.add(sql_.claim, claim_parameters(no_begins.requests, shared, false)); break;
    case 2: b.add(sql_.lock_tasks, uids_of({}, {})); break;
    case 3: b.add(finish_statement(sql_, no_ends), finish_parameters(no_ends.requests, shared)); break;
    default: b.add(begin_statement(sql_, no_begins), begin_parameters(no_begins.requests, shared, {})); break;
    }
    co_await connection_.exchange(b);
}

} // namespace rondo::postgres::detail
