// SPDX-License-Identifier: BSL-1.0
// Prints the tables of docs/policies.md, as the core has them.
#include <policies/tables.hpp>

#include <cstdio>

int main() {
    std::string tables = "<!-- overlap -->\n" + rondo::policies::overlap_tables() + "<!-- end -->\n" +
                         "<!-- catch-up -->\n" + rondo::policies::catch_up_table() + "<!-- end -->\n";
    return std::fputs(tables.c_str(), stdout) < 0 ? 1 : 0;
}
