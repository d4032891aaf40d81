// SPDX-License-Identifier: BSL-1.0
#include <rondo/repository.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <map>
#include <utility>

namespace rondo {
namespace {

// What one of two calls throws says nothing of the other.
template <class Answers, class Call>
repository::awaitable<Answers> answers_of(Call call) {
    try {
        co_return co_await call();
    } catch (const boost::system::system_error& e) {
        co_return e.code();
    } catch (...) {
        co_return errc::store_failed;
    }
}

} // namespace

boost::asio::awaitable<recorded_runs> repository::record_runs(std::vector<finish_request> ended,
                                                              std::vector<begin_request> begun) {
    auto finish = [&] { return finish_runs(std::move(ended)); };
    auto begin = [&] { return begin_runs(std::move(begun)); };
    auto finished = co_await answers_of<std::vector<finish_state>>(finish);
    auto answers = co_await answers_of<std::vector<begin_answer>>(begin);
    co_return recorded_runs{std::move(finished), std::move(answers)};
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
