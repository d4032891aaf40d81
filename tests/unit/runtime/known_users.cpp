// SPDX-License-Identifier: BSL-1.0
#include <runtime/known_users.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace rondo::tests {
namespace {

using list = std::vector<user>;

TEST_SUITE_BEGIN("runtime/known_users");

TEST_CASE("what was never named is not known, whoever is added or removed") {
    runtime::known_users users;
    CHECK(users.get() == nullptr);
    users.add({user("ann")});
    users.remove({user("bob")});
    CHECK(users.get() == nullptr);
    users.set({}, users.ask());
    REQUIRE(users.get() != nullptr);
    CHECK(users.get()->empty());
}

TEST_CASE("users are added once, and removed") {
    runtime::known_users users;
    users.set({user("ann"), user("bob")}, users.ask());
    users.add({user("bob"), user("eve"), user("eve")});
    CHECK(*users.get() == list{user("ann"), user("bob"), user("eve")});
    users.remove({user("ann"), user("none")});
    CHECK(*users.get() == list{user("bob"), user("eve")});
}

TEST_CASE("an answer that may be older than a change is not taken") {
    for (int change = 0; change != 3; ++change) {
        runtime::known_users users;
        users.set({user("ann")}, users.ask());
        const std::uint64_t asked = users.ask();
        if (change == 0) users.expect();
        if (change == 1) users.add({user("eve")});
        if (change == 2) users.remove({user("ann")});
        const list before = *users.get();
        users.set({user("old")}, asked);
        CHECK(*users.get() == before);
        users.set({user("new")}, users.ask());
        CHECK(*users.get() == list{user("new")});
    }
}

TEST_CASE("an answer that comes after a later one is not taken") {
    runtime::known_users users;
    const std::uint64_t first = users.ask();
    const std::uint64_t second = users.ask();
    users.set({user("new")}, second);
    users.set({user("old")}, first);
    CHECK(*users.get() == list{user("new")});
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::tests
