// SPDX-License-Identifier: BSL-1.0
#include <repository/memory/flat_index.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <unordered_map>
#include <vector>

TEST_SUITE_BEGIN("repository/memory_index");

namespace {

using namespace rondo::memory::detail;

// Rows whose hashes are as this says.
template <class Hash>
void compare_with_a_map(std::uint32_t rows, Hash hash_of) {
    std::mt19937 random(1);
    flat_index index;
    std::unordered_map<std::uint32_t, std::uint32_t> model; // hash by row
    for (int step = 0; step != 20'000; ++step) {
        const auto row = static_cast<std::uint32_t>(random() % rows);
        const std::uint32_t hash = hash_of(row);
        const bool in = model.contains(row);
        REQUIRE(index.find(hash, [&](std::uint32_t r) { return r == row; }) == (in ? row : none));
        if (in) {
            index.erase(hash, row);
            model.erase(row);
        } else {
            index.insert(hash, row);
            model.emplace(row, hash);
        }
        if (step % 500 != 0) continue;
        for (const auto& [r, h] : model)
            REQUIRE(index.find(h, [&, wanted = r](std::uint32_t found) { return found == wanted; }) == r);
    }
}

} // namespace

TEST_CASE("an index agrees with a map, at whatever size") {
    for (std::uint32_t rows : {1u, 2u, 20u, 300u, 5'000u})
        compare_with_a_map(rows, [](std::uint32_t row) { return fold_hash(row); });
}

TEST_CASE("an index agrees with a map where all want the same place, or the last ones") {
    compare_with_a_map(60, [](std::uint32_t) { return 0u; });
    compare_with_a_map(60, [](std::uint32_t) { return 0xffff'ffffu; });
    compare_with_a_map(200, [](std::uint32_t row) { return 0xffff'ffffu - row % 7 * 0x0100'0000u; });
}

TEST_SUITE_END();
