// SPDX-License-Identifier: BSL-1.0
// The tests, and the workers that they start.
#include <crash/worker.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

int main(int argc, char** argv) {
    if (argc > 0 && std::string_view(argv[0]) == "worker") {
        const auto orders = rondo::crash::orders_from(std::vector<std::string>(argv + 1, argv + argc));
        return orders ? rondo::crash::work(*orders) : rondo::crash::worker_failed;
    }
    return doctest::Context(argc, argv).run();
}
