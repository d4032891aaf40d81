// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_JOURNAL_HPP
#define RONDO_TESTS_CRASH_JOURNAL_HPP

#include <rondo/context.hpp>
#include <rondo/run.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::crash {

/// Bytes of a line, with its end. The kernel copies a `write` page by page, and stops between two if the process
/// is killed: so no line may lie in two pages.
constexpr std::size_t journal_line = 128;
static_assert(4096 % journal_line == 0);

/// The side journal: what happened, as told by those it happened to, outside of the database. Each line is one
/// `write` of `journal_line` bytes to a file opened with O_APPEND, so it outlives the process and is never torn.
class journal {
public:
    /// Appends to the file at `path`, as the life of this number. Throws `std::runtime_error`.
    journal(const std::string& path, std::uint64_t life);
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;
    ~journal();

    void life_begins() const;
    /// This task comes paused from the life before.
    void task_paused(std::string_view uid) const;
    void body_begins(const context& c) const;
    void body_ends(const context& c, std::string_view how) const;
    /// The repository has said that this end is on record.
    void end_acknowledged(const run& r) const;
    /// An orderly end: whatever was in flight was waited for.
    void life_ends() const;

private:
    void write_line(std::string line) const;
    void body_line(char kind, const context& c, std::string_view how) const;

    int descriptor_;
    std::uint64_t life_;
};

enum class entry_kind : char {
    life = 'L',
    paused = 'P',
    begin = 'B',
    end = 'E',
    acknowledged = 'F',
    quit = 'Q'
};

/// One line of it.
struct entry {
    entry_kind kind = entry_kind::life;
    std::uint64_t life = 0;
    std::int64_t boot = 0; ///< microseconds since the machine was started
    std::string id;        ///< 32 hexadecimal digits
    std::string uid;
    std::int64_t slot = 0;
    std::uint32_t attempt = 0;
    std::string trigger;
    std::string how; ///< of an end: "success" or "failed" or "stopped"; of an acknowledged one: the outcome
};

/// As `entry::id` has it.
[[nodiscard]] std::string hex(const run_id& id);

/// Reads all of it. Throws `std::runtime_error` at a line that is none, or is not whole.
[[nodiscard]] std::vector<entry> read_journal(const std::string& path);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_JOURNAL_HPP
