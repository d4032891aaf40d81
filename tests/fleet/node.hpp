// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FLEET_NODE_HPP
#define RONDO_TESTS_FLEET_NODE_HPP

#include <chrono>
#include <string>
#include <vector>

namespace rondo::fleet {

/// What a node is told on its command line.
struct node_orders {
    std::string server; ///< for libpq
    std::string schema = "fleet";
    std::string effects; ///< the file
    std::string name;
    int tasks = 100;
    int changing = 0; ///< of those: with `changed` for an interval
    std::chrono::milliseconds interval{200};
    std::chrono::milliseconds changed{200};
    std::chrono::milliseconds body_max{100};
    std::chrono::milliseconds lease{2000};
    std::chrono::milliseconds skew{0}; ///< of its wall clock
};

[[nodiscard]] std::vector<std::string> words_of(const node_orders& o);
/// Throws `std::invalid_argument`.
[[nodiscard]] node_orders orders_of(const std::vector<std::string>& words);

/// The tasks of every node.
[[nodiscard]] std::string uid_of(int n);
[[nodiscard]] bool runs_again(int n) noexcept;   ///< after its node died
[[nodiscard]] bool is_exclusive(int n) noexcept; ///< one run at a time
[[nodiscard]] bool
is_long(int n) noexcept; ///< it may go on for longer than a lease, and says so all the time

/// Runs the tasks until the standard input ends, which may say before: `pause UID`, `resume UID`, `run UID`. The status
/// of the process.
int be_a_node(const node_orders& o);

} // namespace rondo::fleet

#endif // RONDO_TESTS_FLEET_NODE_HPP
