// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SIMULATION_FINDINGS_HPP
#define RONDO_TESTS_SIMULATION_FINDINGS_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rondo::simulation {

/// What the checkers of one world found: the first violation, after which the world stops.
class findings {
public:
    static constexpr int no_task = -1;

    void report(const char* checker, int task, std::string text) {
        if (failed_) return;
        failed_ = true;
        checker_ = checker;
        task_ = task;
        text_ = std::move(text);
    }

    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] const char* checker() const noexcept { return checker_; }
    [[nodiscard]] int task() const noexcept { return task_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    // What went on, for who reads about a failure; and a hash of it, for who compares two plays.

    /// Whether anybody wants the lines.
    bool telling = false;
    struct line {
        int task = no_task;
        std::string text;
    };
    std::vector<line> story;
    std::uint64_t trace = 0;

private:
    bool failed_ = false;
    const char* checker_ = "";
    int task_ = no_task;
    std::string text_;
};

} // namespace rondo::simulation

#endif // RONDO_TESTS_SIMULATION_FINDINGS_HPP
