// SPDX-License-Identifier: BSL-1.0
#include <rondo/run.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>

namespace rondo {
namespace {

TEST_SUITE_BEGIN("public/run_id");

TEST_CASE("the text is that of a UUID") {
    CHECK(to_string(run_id{0x0192'f3a1'7c4e'7000, 0x8000'0000'dead'beef}) ==
          "0192f3a1-7c4e-7000-8000-0000deadbeef");
    CHECK(to_string(run_id()) == "00000000-0000-0000-0000-000000000000");
    CHECK(to_string(run_id{~0ull, ~0ull}) == "ffffffff-ffff-ffff-ffff-ffffffffffff");
}

TEST_CASE("text makes the round trip, in either case, and sorts as ids do") {
    std::mt19937_64 random(1);
    for (int i = 0; i != 1000; ++i) {
        run_id a{random(), random()};
        run_id b{random(), random()};
        CHECK(run_id_from(to_string(a)) == a);
        CHECK((a < b) == (to_string(a) < to_string(b)));
    }
    CHECK(run_id_from("0192F3A1-7c4E-7000-8000-0000DEADBEEF") ==
          run_id{0x0192'f3a1'7c4e'7000, 0x8000'0000'dead'beef});
}

TEST_CASE("hostile text gives nothing") {
    std::string good = "0192f3a1-7c4e-7000-8000-0000deadbeef";
    for (std::size_t i = 0; i != good.size(); ++i) {
        for (char c : {'g', ' ', '\0', '\n', '\x80', '/', ':', '@', '`', '+'}) {
            std::string bad = good;
            bad[i] = c;
            CHECK(!run_id_from(bad));
        }
        std::string swapped = good;
        swapped[i] = good[i] == '-' ? '0' : '-';
        CHECK(!run_id_from(swapped));
        CHECK(!run_id_from(good.substr(0, i)));
    }
    CHECK(!run_id_from(""));
    CHECK(!run_id_from(good + "0"));
    CHECK(!run_id_from("{" + good + "}"));
    CHECK(!run_id_from(std::string(1'000'000, '0')));
}

TEST_CASE("hashes of ids that differ in one half differ") {
    std::hash<run_id> hash;
    CHECK(hash({1, 2}) != hash({1, 3}));
    CHECK(hash({1, 2}) != hash({2, 2}));
    CHECK(hash({1, 2}) == hash({1, 2}));
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
