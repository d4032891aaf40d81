// SPDX-License-Identifier: BSL-1.0
#include <testing/repository_suite_probe.hpp>
#include <testing/repository_suite_values.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <thread>
#include <type_traits>
#include <utility>

namespace rondo::testing::detail {
namespace {

constexpr std::chrono::seconds call_timeout{10};
constexpr std::size_t shown_max = 400; // of a text in a failure: some are a megabyte

/// Where a call puts what it came to. Held by the call too, which may outlive a case that gave it up.
template <class T>
struct outcome_of_call {
    std::optional<result<T>> value;
    std::string thrown;
    bool begun = false;
    bool done = false;
};

template <class T>
boost::asio::awaitable<void> carry([[maybe_unused]] std::shared_ptr<repository> owner,
                                   repository::awaitable<T> call, std::shared_ptr<outcome_of_call<T>> out) {
    out->begun = true;
    try {
        out->value.emplace(co_await std::move(call));
    } catch (const std::exception& e) {
        out->thrown = e.what();
    }
    out->done = true;
    // Else a cancellation that comes now would be thrown by `co_spawn` itself, out of `run`.
    co_await boost::asio::this_coro::throw_if_cancelled(false);
}

/// As the other calls are.
repository::awaitable<recorded_runs> recorded(std::shared_ptr<repository> store,
                                              std::vector<finish_request> ended,
                                              std::vector<begin_request> begun,
                                              std::shared_ptr<joining_runs> more = nullptr) {
    co_return co_await store->record_runs(std::move(ended), std::move(begun), std::move(more));
}

std::string shortened(std::string_view text) {
    if (text.size() <= shown_max) return std::string(text);
    return std::string(text.substr(0, shown_max)) + "... (" + std::to_string(text.size()) + " bytes)";
}

} // namespace

struct probe::machine {
    template <class T>
    std::shared_ptr<outcome_of_call<T>> launch(repository::awaitable<T> call) {
        return launch(std::move(call), boost::asio::detached);
    }
    template <class T, class Token>
    std::shared_ptr<outcome_of_call<T>> launch(repository::awaitable<T> call, Token&& token) {
        auto out = std::make_shared<outcome_of_call<T>>();
        boost::asio::co_spawn(io, carry<T>(subject, std::move(call), out), std::forward<Token>(token));
        return out;
    }

    /// The result; or nothing, and `complaint` says why.
    template <class T>
    std::optional<result<T>> wait(const std::shared_ptr<outcome_of_call<T>>& out) {
        const auto until = std::chrono::steady_clock::now() + call_timeout;
        while (!out->done && io.run_one_until(until) > 0) {
        }
        if (!out->done)
            complaint = "it does not complete";
        else if (!out->value)
            complaint = "it throws '" + out->thrown + "'";
        return out->value;
    }

    boost::asio::cancellation_signal signal; // of the one call that is cut off
    boost::asio::io_context io{1};
    // It must never run out of work: a repository's thread that lets go of the last work would stop it,
    // and may do so as late as in the next call.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
    std::shared_ptr<repository> subject;
    std::string complaint;
};

namespace {

template <class Machine, class T>
T value_of(Machine& m, std::shared_ptr<outcome_of_call<T>> out) {
    auto r = m.wait(out);
    if (!r) throw std::string(m.complaint);
    if (r->has_error()) throw "the error '" + r->error().message() + "'";
    if constexpr (!std::is_void_v<T>) return std::move(*r).value();
}

} // namespace

// A call by its name, which must succeed.
#define RONDO_SUITE_CALL(name, ...)                                                         \
    try {                                                                                   \
        return value_of(*machine_, machine_->launch(machine_->subject->name(__VA_ARGS__))); \
    } catch (const std::string& complaint) {                                                \
        fail(#name, "success", complaint);                                                  \
        throw case_is_over();                                                               \
    }

probe::probe(const repository_under_test& subject, std::string_view case_name, suite_report& report,
             bool at_once)
    : subject_(subject), case_name_(std::string(case_name) + (at_once ? " (at once)" : "")), report_(report),
      at_once_(at_once), machine_(std::make_unique<machine>()) {
    machine_->subject = subject_.make_empty();
}

probe::~probe() = default;

bool probe::shared() const noexcept {
    return machine_->subject->is_shared();
}

std::uint64_t probe::start(wall_time now) {
    if (subject_.let_go) subject_.let_go();
    RONDO_SUITE_CALL(start, now)
}

std::vector<task_state> probe::register_tasks(std::vector<task_definition> tasks) {
    const std::size_t size = tasks.size();
    const auto call = [&]() -> std::vector<task_state> { RONDO_SUITE_CALL(register_tasks, std::move(tasks)) };
    auto states = call();
    same("states of register_tasks", show(size), show(states.size()));
    if (states.size() != size) throw case_is_over();
    return states;
}

task_state probe::put(task_definition task) {
    std::vector<task_definition> tasks;
    tasks.push_back(std::move(task));
    return register_tasks(std::move(tasks)).front();
}

void probe::update(std::vector<task_update> updates){RONDO_SUITE_CALL(update_tasks, std::move(updates))}

std::vector<begin_answer> probe::begin(std::vector<begin_request> requests) {
    if (at_once_) return record_at_once({}, requests).begun;
    const std::size_t size = requests.size();
    const auto call = [&]() -> std::vector<begin_answer> {
        RONDO_SUITE_CALL(begin_runs, std::move(requests))
    };
    auto answers = call();
    same("answers of begin_runs", show(size), show(answers.size()));
    if (answers.size() != size) throw case_is_over();
    return answers;
}

begin_answer probe::begin(begin_request request) {
    std::vector<begin_request> requests;
    requests.push_back(std::move(request));
    return begin(std::move(requests)).front();
}

std::vector<finish_state> probe::finish(std::vector<finish_request> requests) {
    if (at_once_) return record_at_once(requests, {}).finished;
    const std::size_t size = requests.size();
    const auto call = [&]() -> std::vector<finish_state> {
        RONDO_SUITE_CALL(finish_runs, std::move(requests))
    };
    auto states = call();
    same("states of finish_runs", show(size), show(states.size()));
    if (states.size() != size) throw case_is_over();
    return states;
}

finish_state probe::finish(finish_request request) {
    std::vector<finish_request> requests;
    requests.push_back(std::move(request));
    return finish(std::move(requests)).front();
}

probe::together probe::record(std::vector<finish_request> ended, std::vector<begin_request> begun) {
    if (at_once_) return record_at_once(ended, begun);
    joining_runs::part nobody;
    return record(std::move(ended), std::move(begun), nobody);
}

probe::together probe::record_at_once(const std::vector<finish_request>& ended,
                                      const std::vector<begin_request>& begun) {
    std::vector<const finish_request*> ends;
    std::vector<const begin_request*> begins;
    for (const finish_request& r : ended) ends.push_back(&r);
    for (const begin_request& r : begun) begins.push_back(&r);
    std::optional<recorded_runs> seen;
    try {
        seen = machine_->subject->record_at_once(ends, begins);
    } catch (const std::exception& e) {
        fail("record_at_once", "no exception", e.what());
        throw case_is_over();
    }
    is_true("record_at_once does it, as the first time", seen.has_value());
    if (!seen) throw case_is_over();
    if (begun.empty()) seen->begun = std::vector<begin_answer>(); // which does not count
    if (ended.empty()) seen->finished = std::vector<finish_state>();
    return both_of(std::move(*seen), "record_at_once", ended.size(), begun.size());
}

// How many answers there are is a check; without the right number, the case is over.
probe::together probe::both_of(recorded_runs seen, const std::string& call, std::size_t ends,
                               std::size_t begins) {
    same("the ends of " + call, "success", seen.finished ? "success" : seen.finished.error().message());
    same("the begins of " + call, "success", seen.begun ? "success" : seen.begun.error().message());
    if (!seen.finished || !seen.begun) throw case_is_over();
    same("states of " + call, show(ends), show(seen.finished.value().size()));
    same("answers of " + call, show(begins), show(seen.begun.value().size()));
    if (seen.finished.value().size() != ends || seen.begun.value().size() != begins) throw case_is_over();
    return {std::move(seen.finished).value(), std::move(seen.begun).value()};
}

probe::together probe::record(std::vector<finish_request> ended, std::vector<begin_request> begun,
                              joining_runs::part& late) {
    std::size_t ends = ended.size();
    std::size_t begins = begun.size();
    const std::size_t late_ends = late.ended.size();
    const std::size_t late_begins = late.begun.size();
    const bool wanted = late_ends + late_begins > 0;
    const auto more = wanted ? std::make_shared<joining_runs>() : nullptr;
    const auto out = machine_->launch(recorded(machine_->subject, std::move(ended), std::move(begun), more));
    const auto until = std::chrono::steady_clock::now() + call_timeout;
    for (bool joined = !wanted; !joined && !out->done && std::chrono::steady_clock::now() < until;) {
        if (machine_->io.poll_one() == 0) std::this_thread::yield();
        joined = more->join(late);
        ends += joined ? late_ends : 0;
        begins += joined ? late_begins : 0;
    }
    try {
        return both_of(value_of(*machine_, out), "record_runs", ends, begins);
    } catch (const std::string& complaint) {
        fail("record_runs", "success", complaint);
        throw case_is_over();
    }
}

history_page probe::history(history_filter filter){
    RONDO_SUITE_CALL(history, std::move(filter))} std::optional<run> probe::find(run_id id){
    RONDO_SUITE_CALL(find_run, id)} std::vector<run> probe::last_runs(std::optional<std::string> user){
    RONDO_SUITE_CALL(last_runs, std::move(user))} std::vector<skip_range> probe::skips(std::string uid,
                                                                                       std::size_t limit){
    RONDO_SUITE_CALL(skips, std::move(uid), limit)} std::vector<user> probe::users(){
    RONDO_SUITE_CALL(users)} std::vector<task_summary> probe::summary(summary_filter filter) {
    RONDO_SUITE_CALL(summary, std::move(filter))
}
void probe::add_users(std::vector<user> users) {
    RONDO_SUITE_CALL(add_users, std::move(users))
}
void probe::remove_users(std::vector<user> users){
    RONDO_SUITE_CALL(remove_users, std::move(users))} prune_progress probe::prune(prune_policy policy) {
    RONDO_SUITE_CALL(prune, policy)
}

template <class T>
error_code probe::error_of(repository::awaitable<T> call, std::string_view what) {
    const auto r = machine_->wait(machine_->launch(std::move(call)));
    if (!r) fail(what, "an error code", machine_->complaint);
    return r && r->has_error() ? r->error() : error_code();
}

error_code probe::try_add_users(std::vector<user> users) {
    return error_of(machine_->subject->add_users(std::move(users)), "add_users");
}

error_code probe::try_remove_users(std::vector<user> users) {
    return error_of(machine_->subject->remove_users(std::move(users)), "remove_users");
}

error_code probe::try_begin(std::vector<begin_request> requests) {
    return error_of(machine_->subject->begin_runs(std::move(requests)), "begin_runs");
}

error_code probe::try_finish(std::vector<finish_request> requests) {
    return error_of(machine_->subject->finish_runs(std::move(requests)), "finish_runs");
}

template <class T>
void probe::cut_off(repository::awaitable<T> call, cut how, std::size_t handlers) {
    const auto out = machine_->launch(
        std::move(call), boost::asio::bind_cancellation_slot(machine_->signal.slot(), boost::asio::detached));
    while (!out->begun) machine_->io.poll_one();
    while (handlers-- > 0 && machine_->io.poll_one() > 0) {
    }
    if (how == cut::context_gone) {
        auto kept = std::move(machine_->subject);
        machine_ = std::make_unique<machine>(); // the old context goes, with the call
        machine_->subject = std::move(kept);
        return;
    }
    machine_->signal.emit(boost::asio::cancellation_type::terminal);
    // Ending with an error, or an exception of Asio's, is welcome; not to end is not.
    if (!machine_->wait(out) && !out->done) fail("a call that is cancelled", "its end", machine_->complaint);
}

void probe::cut_begin(std::vector<begin_request> requests, cut how, std::size_t handlers) {
    cut_off(machine_->subject->begin_runs(std::move(requests)), how, handlers);
}

void probe::cut_finish(std::vector<finish_request> requests, cut how, std::size_t handlers) {
    cut_off(machine_->subject->finish_runs(std::move(requests)), how, handlers);
}

void probe::cut_record(std::vector<finish_request> ended, std::vector<begin_request> begun, cut how,
                       std::size_t handlers) {
    cut_off(recorded(machine_->subject, std::move(ended), std::move(begun)), how, handlers);
}

bool probe::both_fail(std::vector<finish_request> ended, std::vector<begin_request> begun) {
    const auto r =
        machine_->wait(machine_->launch(recorded(machine_->subject, std::move(ended), std::move(begun))));
    if (!r) fail("record_runs", "error codes", machine_->complaint);
    return r && !r->value().finished && !r->value().begun;
}

void probe::anew() {
    machine_->subject.reset();
    machine_ = std::make_unique<machine>();
    machine_->subject = subject_.make_empty();
}

std::vector<begin_answer> probe::begin_amid_others(std::vector<begin_request> requests, std::size_t others) {
    std::vector<std::shared_ptr<outcome_of_call<history_page>>> pages;
    std::vector<std::shared_ptr<outcome_of_call<void>>> added;
    for (std::size_t i = 0; i < others; ++i)
        pages.push_back(machine_->launch(machine_->subject->history(history_filter())));
    const auto begun = machine_->launch(machine_->subject->begin_runs(std::move(requests)));
    for (std::size_t i = 0; i < others; ++i) {
        std::vector<user> one{user("user-" + std::to_string(i))};
        added.push_back(machine_->launch(machine_->subject->add_users(std::move(one))));
    }
    try {
        auto answers = value_of(*machine_, begun);
        for (const auto& p : pages) (void)value_of(*machine_, p);
        for (const auto& a : added) value_of(*machine_, a);
        return answers;
    } catch (const std::string& complaint) {
        fail("calls under way together", "success", complaint);
        throw case_is_over();
    }
}

void probe::reopen() {
    machine_->subject.reset();
    machine_ = std::make_unique<machine>(); // the old context goes, with all that might own the repository
    machine_->subject = subject_.reopen();
}

void probe::same(std::string_view what, std::string_view expected, std::string_view seen) {
    ++report_.checks;
    if (expected != seen) fail(what, expected, seen);
}

moment probe::cursor(std::string_view uid) {
    return put(task(uid)).next_slot;
}

void probe::fail(std::string_view what, std::string_view expected, std::string_view seen) {
    report_.failures.push_back(case_name_ + ": " + std::string(what) + ": expected " + shortened(expected) +
                               ", seen " + shortened(seen));
}

} // namespace rondo::testing::detail
