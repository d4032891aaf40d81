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

/// What is found in a worker with this flaw. Some must meet a kill at a bad moment, which a slow worker may not have
/// among so few: then others follow, up to ten times as many.
findings found_with(std::string flaw, const char* complaint) {
    campaign c = small_campaign();
    c.flaw = std::move(flaw);
    findings f = play(c).found;
    for (; !says(f, complaint) && c.seed != 10; f = play(c).found) ++c.seed;
    return f;
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
    constexpr auto complaint = "began without a record";
    const findings f = found_with("answers-before-commit", complaint);
    CHECK(f.lost > 0);
    CHECK(says(f, complaint));
}

TEST_CASE("an outbox that is dropped at a restart is found") {
    constexpr auto complaint = "was acknowledged as '\\w+', and is on record as 'abandoned'";
    const findings f = found_with("drops-ends", complaint);
    CHECK(f.lost > 0);
    CHECK(says(f, complaint));
}

TEST_CASE("a cursor that moves without a run is found") {
    constexpr auto complaint = "is neither run nor skipped";
    const findings f = found_with("cursor-without-run", complaint);
    CHECK(f.lost > 0);
    CHECK(says(f, complaint));
}

TEST_CASE("runs of an earlier life that nobody ends are found") {
    constexpr auto complaint = "has no outcome";
    const findings f = found_with("forgets-the-unended", complaint);
    CHECK(f.lost > 0);
    CHECK(says(f, complaint));
}

TEST_CASE("a phase that does not survive a restart is found") {
    constexpr auto complaint = "is off the grid";
    const findings f = found_with("anchors-again", complaint);
    CHECK(f.shifted > 0);
    CHECK(says(f, complaint));
}

TEST_CASE("slots that a restart forgets are found") {
    constexpr auto complaint = "is neither run nor skipped";
    const findings f = found_with("forgets-the-cursor", complaint);
    CHECK(f.lost > 0);
    CHECK(says(f, complaint));
}

TEST_SUITE_END();
