// SPDX-License-Identifier: BSL-1.0
// Prints the tables of docs/policies.md, as the core has them.
#include <policies/tables.hpp>

#include <cstdio>

namespace {

std::string named(const char* name, const std::string& table) {
    return std::string("<!-- ") + name + " -->\n" + table + "<!-- end -->\n";
}

} // namespace

int main() {
    using namespace rondo::policies;
    std::string tables = named("overlap", overlap_tables()) + named("retry", retry_table()) +
                         named("backfill", backfill_table()) +
                         named("beside-backfill", beside_backfill_table()) +
                         named("catch-up", catch_up_table());
    return std::fputs(tables.c_str(), stdout) < 0 ? 1 : 0;
}
