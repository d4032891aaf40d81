// SPDX-License-Identifier: BSL-1.0
#include <rondo/repository.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <map>
#include <memory>
#include <utility>

namespace rondo {
namespace {

error_code error_in_flight() noexcept {
    try {
        throw;
    } catch (const boost::system::system_error& e) {
        return e.code();
    } catch (...) {
        return errc::store_failed;
    }
}

} // namespace

// What one of the calls throws says nothing of the other. Nor does it if we are cancelled between them, for which Asio
// throws where we wait for the second.
boost::asio::awaitable<recorded_runs> repository::record_runs(std::vector<finish_request> ended,
                                                              std::vector<begin_request> begun,
                                                              std::shared_ptr<joining_runs> /*more*/) {
    recorded_runs said{std::vector<finish_state>(), std::vector<begin_answer>()};
    try {
        if (!begun.empty()) said.begun = co_await begin_runs(std::move(begun));
    } catch (...) {
        said.begun = error_in_flight();
    }
    try {
        if (!ended.empty()) said.finished = co_await finish_runs(std::move(ended));
    } catch (...) {
        said.finished = error_in_flight();
    }
    co_return said;
}

std::optional<recorded_runs> repository::record_at_once(std::span<const finish_request* const> /*ended*/,
                                                        std::span<const begin_request* const> /*begun*/) {
    return std::nullopt;
}

repository::awaitable<repository_news> repository::watch() {
    co_return errc::invalid_option;
}

repository::awaitable<void> repository::ask_for_run(run_request /*wanted*/) {
    co_return errc::invalid_option;
}

repository::awaitable<std::uint64_t> repository::ask_to_cancel(cancel_request /*unwanted*/) {
    co_return errc::invalid_option;
}

repository::awaitable<std::vector<task_summary>> repository::summary(summary_filter filter) {
    history_filter pages;
    pages.uid = std::move(filter.uid);
    pages.from = filter.from;
    pages.to = filter.to;
    pages.limit = history_limit_max;
    std::map<shared_string, run_tally> tallies;
    do {
        BOOST_OUTCOME_CO_TRY(history_page page, co_await history(pages));
        for (const run& r : page.runs) tallies[r.uid].take(r);
        pages.before = page.next;
        // One that answers at once must not keep the loop from others.
        if (pages.before) co_await boost::asio::post(boost::asio::use_awaitable);
    } while (pages.before);
    std::vector<task_summary> all;
    all.reserve(tallies.size());
    for (const auto& [uid, tally] : tallies) all.push_back(tally.summary(uid));
    co_return all;
}

} // namespace rondo
