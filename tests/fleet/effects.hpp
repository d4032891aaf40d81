// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FLEET_EFFECTS_HPP
#define RONDO_TESTS_FLEET_EFFECTS_HPP

#include <rondo/context.hpp>
#include <rondo/time.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::fleet {

/// What bodies do, written down outside the database, in whole lines: what really happened.
struct effect {
    enum class kind : char {
        begin = 'B',
        step = 'S',    ///< it goes on
        end = 'E',     ///< it did what it was to do
        stopped = 'X', ///< it was cancelled, and gave up
    };

    kind what = kind::begin;
    std::string uid;
    wall_time slot{};
    std::uint32_t attempt = 1;
    std::uint64_t token = 0;
    std::string run;
    std::string node;
    wall_time real{}; ///< the clock of the machine, whatever the node takes it to be
};

class effects_log {
public:
    /// Throws `std::system_error`.
    effects_log(const std::string& file, std::string node);
    effects_log(const effects_log&) = delete;
    effects_log& operator=(const effects_log&) = delete;
    ~effects_log();

    /// One write, which is whole even if the process is killed. Ends the process if the disk does not take it.
    void add(effect::kind what, const context& ctx);

private:
    int file_;
    std::string node_;
};

/// In the order of the file. Throws `std::runtime_error` on a line that is none of ours.
[[nodiscard]] std::vector<effect> read_effects(const std::string& file);

} // namespace rondo::fleet

#endif // RONDO_TESTS_FLEET_EFFECTS_HPP
