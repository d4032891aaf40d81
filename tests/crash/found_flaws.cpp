// SPDX-License-Identifier: BSL-1.0
#include <crash/campaign.hpp>
#include <crash/flaws.hpp>

#include <algorithm>
#include <ostream>
#include <regex>
#include <string>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("crash/found_flaws");

namespace {

using namespace rondo::crash;

campaign small_campaign() {
    campaign c;
    c.seed = 1;
    c.kills = 12;
    c.tasks = 60;
    return c;
}

/// Whether a complaint is of this form, and names a task and a slot.
bool says(const findings& f, const char* pattern) {
    const std::regex form(std::string("task-\\d+: .*slot \\d{16}.*") + pattern + ".*");
    return std::ranges::any_of(f.complaints, [&](const std::string& c) { return std::regex_match(c, form); });
}

findings found_with(std::string flaw, std::uint64_t kills = 12) {
    campaign c = small_campaign();
    c.kills = kills;
    c.flaw = std::move(flaw);
    return play(c).found;
}

} // namespace

TEST_CASE("without a flaw there is nothing to find") {
    const campaign_report r = play(small_campaign());
    CHECK(r.found.text() == "");
    CHECK(r.found.ok());
    CHECK(r.kills == 12);
    CHECK(r.found.slots > 100);
    CHECK(r.found.abandoned > 0);
}

TEST_CASE("a body that begins before its record is found") {
    const findings f = found_with("answers-before-commit");
    CHECK(f.lost > 0);
    CHECK(says(f, "began without a record"));
}

TEST_CASE("an outbox that is dropped at a restart is found") {
    const findings f = found_with("drops-ends");
    CHECK(f.lost > 0);
    CHECK(says(f, "was acknowledged as '\\w+', and is on record as 'abandoned'"));
}

TEST_CASE("a cursor that moves without a run is found") {
    const findings f = found_with("cursor-without-run", 40); // which must meet a run in flight that has it
    CHECK(f.lost > 0);
    CHECK(says(f, "is neither run nor skipped"));
}

TEST_CASE("runs of an earlier life that nobody ends are found") {
    const findings f = found_with("forgets-the-unended");
    CHECK(f.lost > 0);
    CHECK(says(f, "has no outcome"));
}

TEST_CASE("a phase that does not survive a restart is found") {
    const findings f = found_with("anchors-again");
    CHECK(f.shifted > 0);
    CHECK(says(f, "is off the grid"));
}

TEST_CASE("slots that a restart forgets are found") {
    const findings f = found_with("forgets-the-cursor");
    CHECK(f.lost > 0);
    CHECK(says(f, "is neither run nor skipped"));
}

TEST_SUITE_END();
