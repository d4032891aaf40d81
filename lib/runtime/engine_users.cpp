// SPDX-License-Identifier: BSL-1.0
// Whom runs are for.
#include <runtime/engine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rondo::runtime {

// One look at the users serves all runs that start together, and no later one: that may be for others. Nobody waits for
// a store that is down.
void engine::load_users() {
    const auto batch = std::exchange(want_users_, {});
    if (const std::vector<user>* known = users_.get(); store_down_ && known != nullptr) {
        for (const auto& state : batch) begin_for(state, known, {});
        return;
    }
    try {
        call<std::vector<user>>([](rondo::repository& r) { return r.users(); },
                                [this, batch, changes = users_.changes()](result<std::vector<user>> users) {
                                    begin_for_users(batch, std::move(users), changes);
                                });
    } catch (...) {
        log_exception("the users are not known");
        for (const auto& state : batch) begin_for(state, nullptr, errc::store_failed);
    }
}

// Where the store does not say, those are the users that it named last. `changes`: how many there were when it was asked.
void engine::begin_for_users(const std::vector<state_ptr>& batch, result<std::vector<user>> users,
                             std::uint64_t changes) {
    const error_code why = users ? error_code() : users.error();
    const std::vector<user>* who = users ? &users.value() : users_.get();
    if (!users && who != nullptr && logs(log_level::warning))
        log(log_level::warning, fmt::format("runs are for the users of before: {}", why.message()));
    for (const auto& state : batch) begin_for(state, who, why);
    if (users) users_.set(std::move(users).value(), changes);
}

// A body that cannot begin has failed.
void engine::begin_for(const state_ptr& state, const std::vector<user>* users, error_code why) noexcept {
    state->report.failed = true;
    try {
        if (users != nullptr) {
            state->users = *users;
            state->report.failed = false;
            return spawn(state);
        }
        state->report.error = "its users are not known: " + why.message();
    } catch (...) { // no memory
        state->report.failed = true;
        log_exception("a body could not be started");
    }
    body_ended(state);
}

// After an error they may be gone all the same, so no run is for them.
void engine::remove_users(pending_ptr<void> done, std::vector<user> users) {
    users_.remove(users);
    ask<void>(std::move(done),
              [users = std::move(users)](rondo::repository& r) { return r.remove_users(users); });
}

void engine::add_users(pending_ptr<void> done, std::vector<user> users) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    users_.expect();
    call<void>([users](rondo::repository& r) { return r.add_users(users); },
               [this, users, done](result<void> added) {
                   try {
                       if (added) users_.add(users);
                   } catch (...) { // no memory: while the store fails, no run is for them
                       log_exception("users are not known yet");
                   }
                   done->complete(std::move(added));
               },
               [done](error_code none) { done->complete(none); });
}

} // namespace rondo::runtime
