// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_KNOWN_USERS_HPP
#define RONDO_RUNTIME_KNOWN_USERS_HPP

#include <rondo/user.hpp>

#include <algorithm>
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
    /// How often they were changed. Who asks for them says with the answer how often that was by then.
    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

    /// An answer, unless it may be older than a change.
    void set(std::vector<user> users, std::uint64_t changes) noexcept {
        if (changes == changes_) users_ = std::move(users);
    }
    /// About to be added: an answer that is on its way may lack them.
    void expect() noexcept { ++changes_; }
    /// They were added. All or, if it throws, some.
    void add(const std::vector<user>& users) {
        ++changes_;
        if (!users_) return;
        for (const user& u : users)
            if (std::ranges::find(*users_, u) == users_->end()) users_->push_back(u);
    }
    void remove(const std::vector<user>& users) noexcept {
        ++changes_;
        if (!users_) return;
        std::erase_if(*users_, [&](const user& u) { return std::ranges::find(users, u) != users.end(); });
    }

private:
    std::optional<std::vector<user>> users_;
    std::uint64_t changes_ = 0;
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_KNOWN_USERS_HPP
