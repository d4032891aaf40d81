// SPDX-License-Identifier: BSL-1.0
#include <repository/sqlite/recording.hpp>

#include <repository/sqlite/failure.hpp>

#include <algorithm>
#include <iterator>

namespace rondo::sqlite::detail {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T> some) {
    if (to.empty()) return to.swap(some);
    to.insert(to.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
}

std::vector<finish_state> finish(database& db, std::span<const finish_request> requests) {
    if (!all_ended(requests)) throw failure(errc::invalid_option);
    return db.finish_runs(requests);
}

} // namespace

bool all_ended(std::span<const finish_request> requests) noexcept {
    return std::ranges::all_of(requests,
                               [](const finish_request& r) { return r.run.finished_at && r.run.outcome; });
}

bool recording::grow() {
    if (more == nullptr) return false;
    auto part = more->take_or_close();
    if (!part) return false;
    append(ended, std::move(part->ended));
    append(begun, std::move(part->begun));
    return true;
}

void ends_job::run(database& db) {
    recording_->states = finish(db, recording_->ended);
}

void begins_job::run(database& db) {
    recording_->answers = db.begin_runs(recording_->begun);
}

bool begins_job::run_more(database& db) {
    recording& r = *recording_;
    if (!r.grow()) return false;
    append(r.states, finish(db, std::span(r.ended).subspan(r.states.size())));
    append(r.answers, db.begin_runs(std::span(r.begun).subspan(r.answers.size())));
    return true;
}

} // namespace rondo::sqlite::detail
