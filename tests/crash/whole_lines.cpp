// SPDX-License-Identifier: BSL-1.0
#include <crash/dice.hpp>
#include <crash/journal.hpp>

#include <repository/scratch_folder.hpp>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("crash/whole_lines");

namespace {

using namespace rondo::crash;

/// A journal of three lives and of nothing else.
std::string three_lives(const std::string& path) {
    for (const std::uint64_t life : {1u, 2u, 3u}) journal(path, life).life_begins();
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Writes to the journal until it is killed, or by far enough.
[[noreturn]] void write_on(const std::string& path, std::uint64_t life) {
    try {
        const journal j(path, life);
        j.life_begins();
        for (int n = 0; n != 1'000'000; ++n) j.task_paused("task-" + std::to_string(n % 1000));
    } catch (const std::exception&) { // the parent sees that it was not killed
    }
    ::_exit(1);
}

/// Kills a writer once it has written so much.
void kill_after(std::uintmax_t bytes, const std::string& path, std::uint64_t life) {
    const pid_t writer = ::fork();
    REQUIRE(writer >= 0);
    if (writer == 0) write_on(path, life);
    const std::uintmax_t until =
        std::filesystem::exists(path) ? std::filesystem::file_size(path) + bytes : bytes;
    std::error_code none_yet;
    int status = 0;
    for (std::uintmax_t size = 0; size < until || none_yet;) {
        REQUIRE(::waitpid(writer, &status, WNOHANG) == 0); // it goes on
        size = std::filesystem::file_size(path, none_yet);
    }
    ::kill(writer, SIGKILL);
    REQUIRE(::waitpid(writer, &status, 0) == writer);
    REQUIRE(WIFSIGNALED(status));
}

} // namespace

TEST_CASE("a kill cuts no line of the journal") {
    const rondo::testing::scratch_folder folder;
    const std::string path = folder.path("journal");
    dice d(1);
    constexpr std::uint64_t lives = 1000;
    for (std::uint64_t life = 1; life <= lives; ++life) kill_after(1 + d.below(40'000), path, life);
    std::uint64_t last = 0;
    for (const entry& e : read_journal(path)) {
        CHECK(e.life == (e.kind == entry_kind::life ? last + 1 : last));
        last = e.life;
    }
    CHECK(last == lives);
}

TEST_CASE("a line that is cut is no line of a journal, wherever it is") {
    const rondo::testing::scratch_folder folder;
    const std::string path = folder.path("journal");
    const std::string whole = three_lives(path);
    REQUIRE(whole.size() == 3 * journal_line);
    REQUIRE(read_journal(path).size() == 3);
    for (const std::size_t line : {0u, 1u, 2u})
        for (std::size_t kept = 1; kept != journal_line; ++kept) {
            std::string torn = whole;
            torn.erase(line * journal_line + kept, journal_line - kept);
            std::ofstream(path) << torn;
            CHECK_THROWS_AS((void)read_journal(path), std::runtime_error);
        }
}

TEST_CASE("what is too long for a line is not written") {
    const rondo::testing::scratch_folder folder;
    const std::string path = folder.path("journal");
    const journal j(path, 1);
    std::string uid(journal_line, 'x');
    for (bool fits = false; !fits; uid.pop_back()) { // to the last that does not
        REQUIRE(!uid.empty());
        try {
            j.task_paused(uid);
            fits = true;
        } catch (const std::runtime_error&) {
            CHECK(std::filesystem::file_size(path) == 0);
        }
    }
    CHECK(std::filesystem::file_size(path) == journal_line);
    const auto entries = read_journal(path);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].uid == uid + "x");
    CHECK(entries[0].how == "-"); // all of it is there
}

TEST_SUITE_END();
