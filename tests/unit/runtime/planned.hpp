// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_PLANNED_HPP
#define RONDO_TESTS_UNIT_RUNTIME_PLANNED_HPP

#include "faulty_repository.hpp"
#include "world.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rondo::tests {

/// A world that has started, on a repository that can fail.
struct faulty_world {
    explicit faulty_world(manager_options o = {}, bool together = false)
        : faulty(std::make_shared<faulty_repository>(memory::open(), together)), w(faulty, std::move(o)) {
        w.start();
    }

    std::shared_ptr<faulty_repository> faulty;
    world w;
};

/// A body that fails where `plan` has an 'x', run by run; beyond its end it succeeds.
struct planned {
    std::string plan;
    std::size_t* runs;
    asio::awaitable<void> operator()() {
        std::size_t n = (*runs)++;
        if (n < plan.size() && plan[n] == 'x') throw std::runtime_error("as planned");
        co_return;
    }
};

/// The outcomes, the first run first: '.' success, 'x' anything else, '?' none yet.
inline std::string outcomes_of(std::vector<run> latest_first) {
    std::string text;
    for (auto r = latest_first.rbegin(); r != latest_first.rend(); ++r)
        text += !r->outcome ? '?' : *r->outcome == outcome::success ? '.' : 'x';
    return text;
}

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_PLANNED_HPP
