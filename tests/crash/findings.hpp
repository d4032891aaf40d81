// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_FINDINGS_HPP
#define RONDO_TESTS_CRASH_FINDINGS_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::crash {

/// What a checker saw. Of the complaints so many are kept in words, all are counted.
struct findings {
    std::uint64_t slots = 0;       ///< that were decided
    std::uint64_t runs = 0;        ///< on record
    std::uint64_t abandoned = 0;   ///< of these
    std::uint64_t attempts = 0;    ///< of these, retries
    std::uint64_t tail = 0;        ///< begins and ends that a loss of power took, where that is allowed
    std::uint64_t lost = 0;        ///< slots without a decision, bodies and ends without a record
    std::uint64_t doubled = 0;     ///< slots that were decided, or begun, twice
    std::uint64_t shifted = 0;     ///< slots off the grid
    std::uint64_t unexplained = 0; ///< everything else that is not as it should be
    std::vector<std::string> complaints;

    [[nodiscard]] bool ok() const noexcept { return lost + doubled + shifted + unexplained == 0; }

    /// All that is kept in words, a line each.
    [[nodiscard]] std::string text() const {
        std::string lines;
        for (const std::string& c : complaints) lines += c + "\n";
        return lines;
    }

    void complain(std::uint64_t& kind, std::string what) {
        ++kind;
        if (complaints.size() < complaints_max) complaints.push_back(std::move(what));
    }
    void add(const findings& other) {
        slots += other.slots;
        runs += other.runs;
        abandoned += other.abandoned;
        attempts += other.attempts;
        tail += other.tail;
        lost += other.lost;
        doubled += other.doubled;
        shifted += other.shifted;
        unexplained += other.unexplained;
        for (const std::string& c : other.complaints)
            if (complaints.size() < complaints_max) complaints.push_back(c);
    }

    static constexpr std::size_t complaints_max = 10'000;
};

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_FINDINGS_HPP
