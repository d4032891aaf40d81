// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_RACE_RACES_HPP
#define RONDO_TESTS_RACE_RACES_HPP

#include <race/books.hpp>

#include <cstdint>

namespace rondo::race {

/// `count` manual runs, each cancelled while it ends.
void race_cancel(std::uint64_t count, std::uint64_t seed, tally& sums);
/// `count` manual runs asked for while slots fall due, under each overlap policy.
void race_run_now(std::uint64_t count, std::uint64_t seed, tally& sums);
/// `count` removals, each followed by an addition, while all of the above goes on.
void race_remove(std::uint64_t count, std::uint64_t seed, tally& sums);

/// `count` removals, each followed by an addition, while at any moment somebody updates, pauses, resumes, cancels,
/// gives up or backfills the same tasks, whose runs fail, time out and are tried again.
void race_steer(std::uint64_t count, std::uint64_t seed, tally& sums);

} // namespace rondo::race

#endif // RONDO_TESTS_RACE_RACES_HPP
