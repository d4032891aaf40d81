// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_FLAWS_HPP
#define RONDO_TESTS_CRASH_FLAWS_HPP

#include <rondo/repository.hpp>

#include <crash/journal.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string_view>

namespace rondo::crash {

/// `inner` with a flaw, which breaks one promise that the checker holds a repository to; null if there is
/// none of this name:
///
/// - "answers-before-commit": a body may begin without a record of it
/// - "drops-ends": now and then an end is acknowledged and gone, as an outbox at a restart
/// - "cursor-without-run": now and then the cursor moves and the run does not go on record
/// - "forgets-the-unended": what an earlier life left open stays open
/// - "anchors-again": each life begins a phase of its own
/// - "forgets-the-cursor": after a restart the next slot is one of those to come
[[nodiscard]] std::shared_ptr<repository> with_flaw(std::string_view name, std::shared_ptr<repository> inner,
                                                    boost::asio::any_io_executor executor);

/// `inner`, and what the journal is to know of it: each end that it acknowledges, each task that comes paused.
[[nodiscard]] std::shared_ptr<repository> witnessed(std::shared_ptr<repository> inner, const journal& j);

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_FLAWS_HPP
