// SPDX-License-Identifier: BSL-1.0
#include <runtime/run_notes.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace rondo::tests {
namespace {

using namespace std::string_literals;
using runtime::harmless;
using runtime::run_notes;

const std::string bad = "\xef\xbf\xbd";
const std::string dots = "\xe2\x80\xa6";

std::vector<std::string> lines_of(const run_notes& notes) {
    std::vector<std::string> texts;
    for (const run_line& line : notes.copy().lines) texts.push_back(line.text);
    return texts;
}

} // namespace

TEST_SUITE_BEGIN("runtime/run_notes");

TEST_CASE("sound text stays as it is") {
    for (const std::string& text : {""s, "a\tb"s, "\xc3\xa4"s, "\xe2\x82\xac"s, "\xf0\x9f\x98\x80"s,
                                    "\xed\x9f\xbf\xee\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "\xc2\xa0"s})
        CHECK(harmless(text, 1000) == text);
}

TEST_CASE("each byte that belongs to no character, and each control character, is replaced") {
    CHECK(harmless("a\0b"s, 1000) == "a" + bad + "b");
    CHECK(harmless("\x1b[2J\x7f", 1000) == bad + "[2J" + bad);
    CHECK(harmless("\xc2\x9b", 1000) == bad + bad);           // a control character in two bytes
    CHECK(harmless("\xc3", 1000) == bad);                     // cut
    CHECK(harmless("\xc3(", 1000) == bad + "(");              // followed by something else
    CHECK(harmless("\xc0\xaf", 1000) == bad + bad);           // overlong
    CHECK(harmless("\xe0\x80\xaf", 1000) == bad + bad + bad); // likewise
    CHECK(harmless("\xed\xa0\x80", 1000) == bad + bad + bad); // half of a pair
    CHECK(harmless("\xf4\x90\x80\x80", 1000) == bad + bad + bad + bad);
    CHECK(harmless("\xff\xfe", 1000) == bad + bad);
}

TEST_CASE("what is too long is cut between characters, and says so") {
    CHECK(harmless("abcdef", 6) == "abcdef");
    CHECK(harmless("abcdefg", 6) == "abc" + dots);
    CHECK(harmless("ab\xc3\xa4\xc3\xa4\xc3\xa4", 6) == "ab" + dots);
    CHECK(harmless("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 6) == "\xc3\xa4" + dots);
    CHECK(harmless("abcd", 3) == dots);
    CHECK(harmless(std::string(10'000'000, '\xff'), 10) == bad + bad + dots);
}

TEST_CASE("any bytes become sound text within the bound") {
    std::mt19937 draw(7);
    for (int i = 0; i != 20'000; ++i) {
        std::string text(draw() % 40, '\0');
        for (char& c : text) c = static_cast<char>(draw() % 3 == 0 ? draw() : 0xc0 + draw() % 0x40);
        const std::size_t size_max = 3 + draw() % 40;
        const std::string clean = harmless(text, size_max);
        CHECK(clean.size() <= size_max);
        CHECK(harmless(clean, clean.size() + 3) == clean);
    }
}

TEST_CASE("the latest progress counts, within its range") {
    run_notes notes;
    CHECK_FALSE(notes.copy().progress);
    notes.progress(0.25, "a\n", wall_time(std::chrono::seconds(1)));
    CHECK(notes.copy().progress == run_progress{0.25, "a" + bad, wall_time(std::chrono::seconds(1))});
    notes.progress(-1, "", {});
    CHECK(notes.copy().progress->share == 0);
    notes.progress(1e300, std::string(100'000, 'x'), {});
    CHECK(notes.copy().progress->share == 1);
    CHECK(notes.copy().progress->text.size() == progress_text_size_max);
}

TEST_CASE("each line break begins another line") {
    run_notes notes;
    for (const char* text : {"one", "two\nthree\r\nfour", "five\n", "", "\n\n"}) notes.log(text, {});
    CHECK(lines_of(notes) == std::vector<std::string>{"one", "two", "three", "four", "five", "", "", ""});
    CHECK(notes.copy().lines_dropped == 0);
}

TEST_CASE("the latest lines stay, and those that went are counted") {
    run_notes notes;
    for (std::size_t i = 0; i != 2 * run_lines_max; ++i) notes.log(std::to_string(i), {});
    CHECK(notes.copy().lines.size() == run_lines_max);
    CHECK(notes.copy().lines.front().text == std::to_string(run_lines_max));
    CHECK(notes.copy().lines.back().text == std::to_string(2 * run_lines_max - 1));
    CHECK(notes.copy().lines_dropped == run_lines_max);
}

TEST_CASE("a text of many lines is as good as each of its lines") {
    std::string text;
    run_notes one_by_one;
    for (int i = 0; i != 1'000; ++i) {
        text += (i == 0 ? "" : "\n") + std::to_string(i);
        one_by_one.log(std::to_string(i), {});
        for (const char* end : {"", "\n"}) {
            run_notes at_once;
            at_once.log(text + end, {});
            CHECK(at_once.copy() == one_by_one.copy());
        }
    }
    run_notes breaks;
    breaks.log(std::string(1'000, '\n'), {});
    CHECK(breaks.copy().lines_dropped == 1'000 - run_lines_max);
}

TEST_CASE("lines are bounded in each and in all") {
    run_notes notes;
    for (std::size_t i = 0; i != run_lines_max; ++i) notes.log(std::string(50'000, 'x'), {});
    const run_output kept = notes.copy();
    CHECK(kept.lines.size() == run_lines_size_max / run_line_size_max);
    CHECK(kept.lines_dropped == run_lines_max - kept.lines.size());
    for (const run_line& line : kept.lines) CHECK(line.text.size() == run_line_size_max);
}

TEST_SUITE_END();

} // namespace rondo::tests
