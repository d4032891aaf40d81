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
    if (const std::vector<user>* known = users_.get(); outage_.down && known != nullptr) {
        for (const auto& state : batch) begin_for(state, known, {});
        return;
    }
    try {
        call<std::vector<user>>([](rondo::repository& r) { return r.users(); },
                                [this, batch, question = users_.ask()](result<std::vector<user>> users) {
                                    begin_for_users(batch, std::move(users), question);
                                });
    } catch (...) {
        log_exception("the users are not known");
        for (const auto& state : batch) begin_for(state, users_.get(), errc::store_failed);
    }
}

// Where the store does not say, those are the users that it named last.
void engine::begin_for_users(const std::vector<state_ptr>& batch, result<std::vector<user>> users,
                             std::uint64_t question) noexcept {
    const error_code why = users ? error_code() : users.error();
    const std::vector<user>* who = users ? &users.value() : users_.get();
    for (const auto& state : batch) begin_for(state, who, why);
    if (users) return users_.set(std::move(users).value(), question);
    if (who == nullptr || !logs(log_level::warning)) return;
    try {
        log(log_level::warning, fmt::format("runs are for the users of before: {}", why.message()));
    } catch (...) { // no memory for the line
    }
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

// In force, for runs while the store fails, once it was done.
void engine::change_users(pending_ptr<void> done, std::vector<user> users, bool add) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    users_.expect();
    call<void>(
        [users, add](rondo::repository& r) { return add ? r.add_users(users) : r.remove_users(users); },
        [this, users, add, done](result<void> changed) {
            try {
                if (changed && add) users_.add(users);
                if (changed && !add) users_.remove(users);
            } catch (...) { // no memory: until the store is asked again
                log_exception("users are not known yet, or still are");
            }
            done->complete(std::move(changed));
        },
        [done](error_code none) { done->complete(none); });
}

} // namespace rondo::runtime
