// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_UNIT_RUNTIME_SHARDED_HPP
#define RONDO_TESTS_UNIT_RUNTIME_SHARDED_HPP

#include "faulty_repository.hpp"
#include "world.hpp"

#include <repository/forwarding_repository.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rondo::tests {

/// By the last digit of the uid; else the first.
inline std::size_t by_digit(std::string_view uid) {
    return uid.empty() || uid.back() < '0' || uid.back() > '9' ? 0
                                                               : static_cast<std::size_t>(uid.back() - '0');
}

inline manager_options three() {
    manager_options o;
    o.shards = 3;
    o.shard_of = by_digit;
    return o;
}

/// Counts how often a process starts with it.
struct started_repository final : testing::forwarding_repository {
    using forwarding_repository::forwarding_repository;
    [[nodiscard]] bool serves_many_strands() const noexcept override { return true; }
    awaitable<std::uint64_t> start(wall_time now) override {
        ++starts;
        return inner_->start(now);
    }
    int starts = 0;
};

/// As one of somebody who knows of no shards.
struct plain_repository final : testing::forwarding_repository {
    using forwarding_repository::forwarding_repository;
};

struct sharded_world {
    std::shared_ptr<faulty_repository> store = std::make_shared<faulty_repository>(memory::open());
    std::shared_ptr<started_repository> counted = std::make_shared<started_repository>(store);
    world w;

    explicit sharded_world(manager_options o = three()) : w(counted, std::move(o)) {}
    void add(const std::string& uid, schedule when = every(1h)) {
        REQUIRE(w.add(task(uid, "", std::move(when), nothing)));
    }
};

} // namespace rondo::tests

#endif // RONDO_TESTS_UNIT_RUNTIME_SHARDED_HPP
