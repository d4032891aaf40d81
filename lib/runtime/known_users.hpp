// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_KNOWN_USERS_HPP
#define RONDO_RUNTIME_KNOWN_USERS_HPP

#include <rondo/user.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// The users that the repository named last, for when it names none.
class known_users {
public:
    /// Null: it never did.
    [[nodiscard]] const std::vector<user>* get() const noexcept { return users_ ? &*users_ : nullptr; }

    /// The repository is about to be asked. Gives the number of the question.
    [[nodiscard]] std::uint64_t ask() noexcept { return ++latest_; }
    /// Its answer, unless a later one is known, or there was a change since it was asked.
    void set(std::vector<user> users, std::uint64_t question) noexcept {
        if (question < valid_from_) return;
        valid_from_ = question;
        users_ = std::move(users);
    }
    /// Users are about to be added or removed: an answer that is on its way may know of it or not.
    void expect() noexcept { valid_from_ = ++latest_; }
    /// They were added. All or, if it throws, some.
    void add(std::vector<user> users) {
        expect();
        if (!users_) return;
        std::ranges::sort(users);
        users.erase(std::unique(users.begin(), users.end()), users.end());
        std::vector<bool> known(users.size());
        for (const user& u : *users_) {
            const auto found = std::ranges::lower_bound(users, u);
            if (found != users.end() && *found == u)
                known[static_cast<std::size_t>(found - users.begin())] = true;
        }
        for (std::size_t i = 0; i != users.size(); ++i)
            if (!known[i]) users_->push_back(std::move(users[i]));
    }
    void remove(std::vector<user> users) noexcept {
        expect();
        if (!users_) return;
        std::ranges::sort(users);
        std::erase_if(*users_, [&](const user& u) { return std::ranges::binary_search(users, u); });
    }

private:
    std::optional<std::vector<user>> users_;
    std::uint64_t latest_ = 0;     // of questions and changes
    std::uint64_t valid_from_ = 0; // answers to questions before it are old
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_KNOWN_USERS_HPP
