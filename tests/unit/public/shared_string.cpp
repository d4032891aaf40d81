// SPDX-License-Identifier: BSL-1.0
#include <rondo/shared_string.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace rondo {
namespace {

using namespace std::string_view_literals;

TEST_SUITE_BEGIN("public/shared_string");

TEST_CASE("an empty string costs nothing and equals the empty text") {
    shared_string none;
    shared_string empty("");
    CHECK(none.empty());
    CHECK(empty.empty());
    CHECK(none == empty);
    CHECK(none.view() == "");
    CHECK(sizeof(shared_string) == sizeof(void*));
}

TEST_CASE("copies share the text, and it outlives the first") {
    shared_string b;
    {
        shared_string a("hello\0world"sv);
        b = a;
        CHECK(a.view().data() == b.view().data());
    }
    CHECK(b.view() == "hello\0world"sv);
    CHECK(b.str().size() == 11);
}

TEST_CASE("a moved one is empty, and assigning to itself keeps the text") {
    shared_string a("text");
    shared_string b(std::move(a));
    CHECK(b == "text"sv);
    shared_string& same = b;
    b = same;
    CHECK(b == "text"sv);
    a = std::move(b);
    CHECK(a == "text"sv);
}

TEST_CASE("comparison, hash and output are those of the text") {
    shared_string a("a"), other("a"), b("b");
    CHECK(a == other);
    CHECK(a != b);
    CHECK(a < b);
    CHECK(shared_string() < a);
    CHECK(std::hash<shared_string>{}(a) == std::hash<std::string_view>{}("a"));
    std::unordered_set<shared_string> set{a, other, b};
    CHECK(set.size() == 2);
    std::ostringstream out;
    out << b;
    CHECK(out.str() == "b");
}

TEST_SUITE_END();

} // namespace
} // namespace rondo
