// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/failure.hpp>
#include <repository/postgres/parameters.hpp>
#include <repository/postgres/settings.hpp>
#include <repository/postgres/stored_text.hpp>

#include <array>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace rondo::postgres::detail {
namespace {

using namespace std::string_literals;

TEST_SUITE_BEGIN("repository/postgres_texts");

TEST_CASE("what UTF-8 can say is stored as it is, but for a backslash") {
    for (const std::string& text :
         {""s, "plain"s, "gr\xc3\xbc\xc3\x9f"s, "\xe6\x97\xa5"s, "\xf0\x9f\x8e\xb5"s, "\xf4\x8f\xbf\xbf"s,
          "\xed\x9f\xbf"s, "line\r\n\t\x7f"s}) {
        CAPTURE(text);
        CHECK(to_stored(text) == text);
    }
    CHECK(to_stored("a\\b") == "a\\\\b");
}

TEST_CASE("what PostgreSQL would refuse is stored with escapes") {
    const std::pair<std::string, std::string> pairs[] = {
        {"\0"s, "\\000"},
        {"a\0b"s, "a\\000b"},
        {"\xff", "\\377"},
        {"\x80", "\\200"},                                  // what follows nothing
        {"\xc3", "\\303"},                                  // what nothing follows
        {"\xc0\x80", "\\300\\200"},                         // NUL in two bytes
        {"\xe0\x9f\xbf", "\\340\\237\\277"},                // what fits into two, in three
        {"\xed\xa0\x80", "\\355\\240\\200"},                // half of a surrogate pair
        {"\xf0\x8f\xbf\xbf", "\\360\\217\\277\\277"},       // what fits into three, in four
        {"\xf4\x90\x80\x80", "\\364\\220\\200\\200"},       // beyond the last character
        {"\xe6\x97\xe6\x97\xa5", "\\346\\227\xe6\x97\xa5"}, // cut off, before a whole one
    };
    for (const auto& each : pairs) {
        const std::string& text = each.first; // clang 14 captures no structured bindings
        const std::string& stored = each.second;
        CAPTURE(stored);
        CHECK(to_stored(text) == stored);
        CHECK(from_stored(stored) == text);
    }
}

TEST_CASE("any bytes are the same when they come back") {
    std::mt19937 random(1);
    for (int i = 0; i != 20'000; ++i) {
        std::string text(random() % 8, ' ');
        // Many of the bytes that matter.
        constexpr std::array<unsigned char, 12> likely{0,    '\\', '0',  '3',  0x80, 0xbf,
                                                       0xc3, 0xe0, 0xed, 0xf0, 0xf4, 0x90};
        for (char& c : text)
            c = static_cast<char>(random() % 3 == 0 ? random() : likely[random() % likely.size()]);
        const std::string stored = to_stored(text);
        REQUIRE(stored.find('\0') == std::string::npos);
        REQUIRE(from_stored(stored) == text);
    }
}

TEST_CASE("what cannot have been stored is not read") {
    for (const char* stored : {"\\", "\\1", "\\12", "\\400", "\\18a", "a\\x41", "\\777"}) {
        CAPTURE(stored);
        CHECK_FALSE(from_stored(stored));
    }
}

TEST_CASE("a connection string is read, or refused") {
    const connection_values values =
        parse_connection_string("postgresql://me@one:1,two:2/data?sslmode=require");
    REQUIRE(find_value(values, "dbname") != nullptr);
    CHECK(*find_value(values, "dbname") == "data");
    CHECK(*find_value(values, "sslmode") == "require");
    CHECK(find_value(values, "hostaddr") == nullptr);
    for (const std::string& text : {"host"s, "no_such_thing=1"s, "postgresql://[a"s, "host=a\0b"s}) {
        CAPTURE(text);
        try {
            (void)parse_connection_string(text);
            FAIL("it was taken");
        } catch (const failure& f) {
            CHECK(f.why() == errc::invalid_option);
            CHECK(std::string(f.what()) != "");
        }
    }
}

TEST_CASE("each address of each host is tried with its port") {
    connection_values values = parse_connection_string("host=one,/folder,three port=1,2,3");
    std::vector<server_place> places = places_of(values);
    REQUIRE(places.size() == 3);
    CHECK(places[1].host == "/folder");
    CHECK(places[2].port == "3");
    places[0].address = "10.0.0.1";
    places.insert(places.begin() + 1, {"one", "10.0.0.2", "1"});
    places[3].address = "::1";
    set_places(values, places);
    CHECK(*find_value(values, "host") == "one,one,/folder,three");
    CHECK(*find_value(values, "hostaddr") == "10.0.0.1,10.0.0.2,,::1");
    CHECK(*find_value(values, "port") == "1,1,2,3");
    CHECK(places_of(values).empty()); // addresses are given now
    CHECK_THROWS_AS((void)places_of(parse_connection_string("host=a,b,c port=1,2")), failure);
    CHECK(places_of(parse_connection_string("host=a,b port=7"))[1].port == "7");
}

TEST_CASE("parameters are in the format of the protocol") {
    parameters p;
    p.add(std::int64_t{-2}).add(moment()).add(plain_text{"x"}).add(true);
    p.add_array(std::vector<int>{1, 2},
                [](int n) { return n == 1 ? std::optional<std::int64_t>(258) : std::nullopt; });
    p.add_array(std::vector<int>(), [](int) { return plain_text{}; });
    REQUIRE(p.all().size() == 6);
    CHECK(p.all()[0].bytes == "\xff\xff\xff\xff\xff\xff\xff\xfe"s);
    CHECK_FALSE(p.all()[1].bytes);
    CHECK(p.all()[2].bytes == "x"s);
    CHECK(p.all()[3].bytes == "\1"s);
    CHECK(p.all()[4].bytes ==
          "\0\0\0\1\0\0\0\1\0\0\0\x14\0\0\0\2\0\0\0\1\0\0\0\x8\0\0\0\0\0\0\1\2\xff\xff\xff\xff"s);
    CHECK(p.all()[5].bytes == "\0\0\0\0\0\0\0\0\0\0\0\x19"s);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::postgres::detail
