// SPDX-License-Identifier: BSL-1.0
#include "instants.hpp"

#include <fstream>
#include <vector>

namespace rondo::crontab {
namespace {

struct table {
    std::vector<std::vector<std::string>> rows;
    std::size_t columns;
};

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts{""};
    for (char c : text)
        if (c == at)
            parts.emplace_back();
        else
            parts.back() += c;
    return parts;
}

table read_table(const std::string& name) {
    std::ifstream file(std::string(RONDO_CRON_VECTORS) + "/" + name);
    REQUIRE(file);
    table t;
    std::string line;
    REQUIRE(std::getline(file, line));
    t.columns = split(line, '\t').size();
    while (std::getline(file, line)) t.rows.push_back(split(line, '\t'));
    for (const auto& row : t.rows) REQUIRE(row.size() == t.columns);
    return t;
}

std::string expression_of(const std::string& written) {
    std::string text;
    for (std::size_t i = 0; i != written.size(); ++i) {
        bool tab = written.compare(i, 2, "\\t") == 0;
        text += tab ? '\t' : written[i];
        i += tab ? 1 : 0;
    }
    return text;
}

cron_dialect dialect_of(const std::string& name) {
    if (name == "seconds") return cron_dialect::seconds;
    if (name == "extended") return cron_dialect::extended;
    REQUIRE(name == "unix");
    return cron_dialect::unix_;
}

// One row of instants: those after its start in turn, each from both sides, and how many they are.
void check_instants(const zoned_times& times, utc_seconds start, const std::vector<std::string>& expected) {
    auto t = std::optional(start);
    std::uint64_t n = 0;
    for (const auto& one : expected) {
        if (one == "NEVER") {
            CHECK(show(times.next_after(*t)) == "never");
            continue;
        }
        t = times.next_after(*t);
        CHECK(show(t) == one);
        if (!t) return;
        CHECK(show(times.previous_before(*t + 1)) == one);
        CHECK(times.count(start, *t) == ++n);
    }
}

void check_table(const std::string& name, std::size_t rows_expected) {
    table t = read_table(name);
    CHECK(t.rows.size() == rows_expected);
    REQUIRE(t.columns == 8);
    for (const auto& row : t.rows) {
        std::string text = expression_of(row[2]);
        INFO(row[0], " '", text, "' ", row[1], " in ", row[3], " after ", row[4]);
        auto parsed = detail::parse_cron(text, dialect_of(row[1]));
        CHECK(parsed.ok() == (row[5] != "INVALID"));
        if (!parsed.ok() || row[5] == "INVALID") continue;
        check_instants(times_of(parsed.fields, row[3]), seconds_of(row[4]), split(row[5], ','));
    }
}

TEST_SUITE_BEGIN("cron/vectors");

TEST_CASE("what independent implementations agree on is so here") {
    check_table("agreed.tsv", 1'549);
}

TEST_CASE("days on which the clocks change go by our rules") {
    check_table("dst.tsv", 582);
}

TEST_CASE("an expression is accepted or rejected as our rules say") {
    table t = read_table("invalid.tsv");
    CHECK(t.rows.size() == 301);
    REQUIRE(t.columns == 7);
    std::size_t accepted = 0;
    for (const auto& row : t.rows) {
        std::string text = expression_of(row[2]);
        INFO(row[0], " '", text, "' ", row[1]);
        REQUIRE((row[3] == "accept" || row[3] == "reject"));
        bool ok = detail::parse_cron(text, dialect_of(row[1])).ok();
        CHECK(ok == (row[3] == "accept"));
        accepted += ok ? 1 : 0;
    }
    CHECK(accepted == 20);
}

TEST_SUITE_END();

} // namespace
} // namespace rondo::crontab
