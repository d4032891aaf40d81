// SPDX-License-Identifier: BSL-1.0
// Slots that are asked for before they are due.
#include <repository/postgres_claim_steps.hpp>

#include <rondo/run.hpp>

#include <string>
#include <vector>

namespace rondo::testing {
namespace {

TEST_SUITE_BEGIN("repository/postgres_claims_in_advance");

begin_request in_advance(begin_request r) {
    r.in_advance = true;
    return r;
}

// Its run may be over when the slot is due.
TEST_CASE("a slot whose task runs elsewhere is not decided in advance") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const repository_ptr other = place.join();
    REQUIRE(begin(other, one_begin(uid_of(1), 8)[0]).state == begin_state::recorded);
    std::vector<begin_request> claims = three_claims();
    for (begin_request& c : claims) c.in_advance = true;
    const auto early = blocking(r->begin_runs(claims)).value();
    CHECK(early[0].state == begin_state::recorded);
    CHECK(early[1].state == begin_state::not_yet);
    CHECK(early[1].next_slot == at(0));
    CHECK(early[1].token == 0);
    CHECK(early[2].state == begin_state::recorded);
    CHECK(place.runs() == "3");
    CHECK(place.sql("select count(*) from " + place.table("skip")) == "0");
    claims[1].in_advance = false;
    SUBCASE("it is") {
        place.sql("update " + place.table("run") + " set outcome = 'success', finished_at = 1 where id = '" +
                  to_string(id(8)) + "'");
        CHECK(begin(r, claims[1]).state == begin_state::recorded);
    }
    SUBCASE("it is not") {
        const begin_answer answer = begin(r, claims[1]);
        CHECK(answer.state == begin_state::conflict);
        CHECK(answer.next_slot == at(1));
        CHECK(place.sql("select reason from " + place.table("skip")) == "overlap");
    }
}

TEST_CASE("beside what is more than a claim slots are had in advance, or left, as well") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const repository_ptr other = place.join();
    REQUIRE(begin(other, one_begin(uid_of(1), 8)[0]).state == begin_state::recorded);
    std::vector<begin_request> mixed{in_advance(exclusive(step(0, 0, 1))),
                                     in_advance(exclusive(step(1, 0, 2))), step(2, 0, 3)};
    mixed[2].next = at(3);
    mixed[2].started->scheduled_at = at(2);
    mixed[2].skipped = skip_range{skip_reason::missed, at(0), at(1), 2};
    const auto answers = blocking(r->begin_runs(mixed)).value();
    CHECK(answers[0].state == begin_state::recorded);
    CHECK(answers[0].next_slot == at(1));
    CHECK(answers[1].state == begin_state::not_yet);
    CHECK(answers[1].next_slot == at(0));
    CHECK(answers[2].state == begin_state::recorded);
    CHECK(answers[2].next_slot == at(3));
    CHECK(place.runs() == "3");
    CHECK(place.sql("select reason from " + place.table("skip")) == "missed");
}

TEST_CASE("what was had in advance, and is asked for again, is on record") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const begin_request wanted = in_advance(exclusive(step(0, 0, 1)));
    REQUIRE(begin(r, wanted).state == begin_state::recorded);
    const begin_answer again = begin(r, wanted);
    CHECK(again.state == begin_state::recorded);
    CHECK(again.token == 1);
    CHECK(place.runs() == "1");
}

TEST_CASE("in advance, too, there are answers for those who waited, and for those who came too late") {
    const shared_place place;
    const repository_ptr r = with_three_tasks(place);
    const transaction other(place);
    other.say(moves_task(place, 0));
    other.say(begins_task(place, 0, id(9), "'another'"));
    std::vector<begin_request> claims = three_claims();
    for (begin_request& c : claims) c.in_advance = true;
    const auto answers = answers_behind(place, r, other, "commit", claims);
    CHECK(answers[0].state == begin_state::conflict);
    CHECK(answers[0].next_slot == at(1));
    CHECK(answers[1].state == begin_state::recorded);
    CHECK(answers[2].state == begin_state::recorded);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::testing
