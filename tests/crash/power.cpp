// SPDX-License-Identifier: BSL-1.0
#include <crash/campaign.hpp>
#include <crash/disk_image.hpp>

#include <repository/raw_database.hpp>
#include <repository/scratch_folder.hpp>

#include <ostream>
#include <set>
#include <string>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("crash/power");

namespace {

using namespace rondo::crash;
using rondo::testing::bytes_of;
using rondo::testing::scratch_folder;
using rondo::testing::write_bytes;

campaign cuts(std::uint64_t seed) {
    campaign c;
    c.seed = seed;
    c.kills = 20;
    c.tasks = 40;
    c.power = true;
    return c;
}

} // namespace

TEST_CASE("a loss of power leaves what was synced, and of the rest any sectors") {
    const scratch_folder folder;
    const std::string path = folder.path("file");
    write_bytes(path, std::string(1024, 'a'));
    disk_image image(path);
    CHECK_FALSE(image.in_doubt());
    image.write(0, std::string(512, 'b').data(), 512);
    image.sync();
    image.write(512, std::string(1024, 'c').data(), 1024);
    CHECK(image.in_doubt());
    CHECK(image.size() == 1536);
    std::set<std::string> seen;
    dice d(1);
    for (int i = 0; i != 200; ++i) {
        image.lose_power(path, d);
        std::string left = bytes_of(path);
        CHECK(left.substr(0, 512) == std::string(512, 'b'));
        left.erase(0, 512);
        CHECK(left.size() % 512 == 0);
        std::string sectors;
        for (std::size_t at = 0; at < left.size(); at += 512) {
            CHECK(left.substr(at, 512) == std::string(512, left[at]));
            sectors += left[at];
        }
        seen.insert(sectors);
    }
    // The second alone makes the file longer, and the first stays as it was.
    CHECK(seen == std::set<std::string>{"a", "c", "ac", "cc"});
}

TEST_CASE("what was never synced may be gone with its name, and a cut may not have happened") {
    const scratch_folder folder;
    const std::string path = folder.path("file");
    disk_image image(path);
    image.write(0, "abc", 3);
    std::set<std::string> seen;
    dice d(1);
    for (int i = 0; i != 100; ++i) {
        image.lose_power(path, d);
        seen.insert(bytes_of(path));
    }
    CHECK(seen == std::set<std::string>{"", "abc"});
    image.sync();
    image.truncate(1);
    CHECK(image.size() == 1);
    seen.clear();
    for (int i = 0; i != 100; ++i) {
        image.lose_power(path, d);
        seen.insert(bytes_of(path));
    }
    CHECK(seen == std::set<std::string>{"a", "abc"});
}

TEST_CASE("synchronous=FULL survives a loss of power") {
    for (std::uint64_t seed : {1u, 2u}) {
        campaign c = cuts(seed);
        c.old_file = seed == 2;
        const campaign_report r = play(c);
        CHECK(r.found.text() == "");
        CHECK(r.found.ok());
        CHECK(r.kills == 20);
        CHECK(r.found.tail == 0);
        CHECK(r.found.slots > 100);
    }
}

TEST_CASE("synchronous=NORMAL loses a tail, and nothing else") {
    campaign c = cuts(3);
    c.normal = true;
    const campaign_report r = play(c);
    CHECK(r.found.text() == "");
    CHECK(r.found.ok());
    CHECK(r.found.tail > 0);
}

TEST_CASE("who takes NORMAL for FULL is found out") {
    campaign c = cuts(3);
    c.flaw = "syncs-late";
    const campaign_report r = play(c);
    CHECK(r.found.lost > 0);
}

TEST_SUITE_END();
