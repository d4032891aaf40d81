// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/recording.hpp>

#include <algorithm>

namespace rondo::postgres::detail {
namespace {

bool all_ended(const std::vector<finish_request>& requests) noexcept {
    return std::ranges::all_of(requests,
                               [](const finish_request& r) { return r.run.finished_at && r.run.outcome; });
}

} // namespace

// What it says is of those halves that are there.
boost::asio::awaitable<std::optional<failure>> recording::record(database& db,
                                                                 const std::vector<finish_request>& ended,
                                                                 const std::vector<begin_request>& begun) {
    try {
        recorded_runs said = co_await db.record(ended, begun, closely_);
        if (&ended == &ended_) said_.finished = std::move(said.finished);
        if (&begun == &begun_) said_.begun = std::move(said.begun);
        co_return std::nullopt;
    } catch (const failure& f) {
        co_return f;
    }
}

// One that may succeed again is done again as a whole; of one that is refused, and not for ever, each half shows
// whether it was that.
boost::asio::awaitable<void> recording::run(database& db) {
    const std::vector<finish_request> no_ends;
    const std::vector<begin_request> no_begins;
    const bool sound = all_ended(ended_);
    if (!sound) said_.finished = error_code(errc::invalid_option);
    const std::vector<finish_request>& ended = sound ? ended_ : no_ends;
    const std::optional<failure> failed = co_await record(db, ended, begun_);
    if (!failed) co_return;
    closely_ = true; // there may be a run, or one of that slot, on record already
    if (sound) said_.finished = error_code(failed->why());
    said_.begun = error_code(failed->why());
    if (failed->again()) throw failure(*failed);
    if (ended.empty() || begun_.empty() || !db.is_open()) throw failure(*failed);
    if (const auto f = co_await record(db, ended_, no_begins)) said_.finished = error_code(f->why());
    if (const auto f = co_await record(db, no_ends, begun_)) said_.begun = error_code(f->why());
}

} // namespace rondo::postgres::detail
