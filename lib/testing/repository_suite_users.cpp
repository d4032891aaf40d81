// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

namespace rondo::testing::detail {
namespace {

void sorted(probe& p) {
    p.same("at first", "[]", show(p.users()));
    p.add_users({user("mia"), user("Zoe"), user("adam")});
    p.add_users({user("\xc3\xa9va"), user("bob")});
    p.same("sorted", "['Zoe', 'adam', 'bob', 'mia', '\xc3\xa9va']", show(p.users()));
}

void added_twice(probe& p) {
    p.add_users({user("a"), user("a")});
    p.add_users({user("b"), user("a")});
    p.same("once each", "['a', 'b']", show(p.users()));
}

void removed(probe& p) {
    p.add_users({user("a"), user("b"), user("c")});
    p.remove_users({user("b"), user("nobody"), user("b")});
    p.same("the others stay", "['a', 'c']", show(p.users()));
    p.remove_users({user("b")});
    p.add_users({user("b")});
    p.same("back again", "['a', 'b', 'c']", show(p.users()));
}

void results_stay(probe& p) {
    p.put(task("t"));
    p.add_users({user("a")});
    const begin_request r = slot_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    end.run.results.emplace_back(user("a"), "kept");
    p.finish(end);
    p.remove_users({user("a")});
    p.same("the run", show(end.run), show(p.find(id(1))));
    p.same("last runs for a", "1", numbers(p.last_runs("a")));
}

void unknown_users_have_results(probe& p) {
    p.put(task("t"));
    const begin_request r = slot_run("t", 1, 0);
    finish_request end = end_of(r, p.begin(r).token);
    end.run.results.emplace_back(user("stranger"), "");
    p.same("state", "recorded", show(p.finish(end)));
    p.same("users", "[]", show(p.users()));
}

void bad_ids(probe& p) {
    const std::string refused = make_error_code(errc::invalid_option).message();
    const std::string too_long(1025, 'x');
    p.add_users({user("there")});
    p.same("an empty id", refused, p.try_add_users({user("a"), user("")}).message());
    p.same("an id too long", refused, p.try_add_users({user(too_long), user("b")}).message());
    p.same("removal of an empty id", refused, p.try_remove_users({user("there"), user("")}).message());
    p.same("removal of an id too long", refused,
           p.try_remove_users({user("there"), user(too_long)}).message());
    p.same("nothing changed", "['there']", show(p.users()));
    p.add_users({user(too_long.substr(1))});
    p.same("1,024 bytes are fine", "2", show(p.users().size()));
}

} // namespace

std::span<const suite_case> user_cases() {
    static constexpr suite_case cases[] = {
        {"users are sorted by id", sorted},
        {"a user that is there already is no error", added_twice},
        {"users are removed, those who are not there too", removed},
        {"the results of a removed user stay", results_stay},
        {"a result may be for a user that was never added", unknown_users_have_results},
        {"bad user ids are refused, and nothing changes", bad_ids},
    };
    return cases;
}

} // namespace rondo::testing::detail
