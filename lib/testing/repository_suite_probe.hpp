// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTING_REPOSITORY_SUITE_PROBE_HPP
#define RONDO_TESTING_REPOSITORY_SUITE_PROBE_HPP

#include <rondo/testing/repository_suite.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::testing::detail {

/// Ends a case whose next step would make no sense. The failure is in the report already.
struct case_is_over {};

/// How a call is cut off.
enum class cut { cancelled, context_gone };

/// One case's view of the repository: calls that block until they have completed, and checks. A call
/// that fails, throws or hangs ends the case; the `try_` ones give the error.
class probe {
public:
    /// `at_once`: by `record_at_once`, wherever that can stand for another call.
    probe(const repository_under_test& subject, std::string_view case_name, suite_report& report,
          bool at_once);
    ~probe();

    std::uint64_t start(wall_time now);
    std::vector<task_state> register_tasks(std::vector<task_definition> tasks);
    task_state put(task_definition task);
    void update(std::vector<task_update> updates);
    std::vector<begin_answer> begin(std::vector<begin_request> requests);
    begin_answer begin(begin_request request);
    std::vector<finish_state> finish(std::vector<finish_request> requests);
    finish_state finish(finish_request request);
    /// `recorded_runs`, of a call in which neither failed.
    struct together {
        std::vector<finish_state> finished;
        std::vector<begin_answer> begun;
    };
    together record(std::vector<finish_request> ended, std::vector<begin_request> begun);
    together record_at_once(const std::vector<finish_request>& ended,
                            const std::vector<begin_request>& begun);
    /// The same, and `late` joins them if it may: then it is empty afterwards, and its answers are the last.
    together record(std::vector<finish_request> ended, std::vector<begin_request> begun,
                    joining_runs::part& late);
    history_page history(history_filter filter = {});
    std::optional<run> find(run_id id);
    std::vector<run> last_runs(std::optional<std::string> user = {});
    std::vector<task_summary> summary(summary_filter filter = {});
    std::vector<skip_range> skips(std::string uid, std::size_t limit = 1000);
    std::vector<user> users();
    void add_users(std::vector<user> users);
    void remove_users(std::vector<user> users);
    error_code try_add_users(std::vector<user> users);
    error_code try_remove_users(std::vector<user> users);
    prune_progress prune(prune_policy policy);

    /// All at once: one of the calls that a manager makes one by one, and many of the others.
    std::vector<begin_answer> begin_amid_others(std::vector<begin_request> requests, std::size_t others);

    /// Lets a call get so far, and cuts it off. It may have been done, or not.
    void cut_begin(std::vector<begin_request> requests, cut how, std::size_t handlers);
    void cut_finish(std::vector<finish_request> requests, cut how, std::size_t handlers);

    void cut_record(std::vector<finish_request> ended, std::vector<begin_request> begun, cut how,
                    std::size_t handlers);

    [[nodiscard]] bool shared() const noexcept;

    /// Makes the store beneath fail, or work again.
    void set_failing(bool yes) { subject_.set_failing(yes); }
    error_code try_begin(std::vector<begin_request> requests);
    error_code try_finish(std::vector<finish_request> requests);

    bool both_fail(std::vector<finish_request> ended, std::vector<begin_request> begun);

    /// Another, empty one.
    void anew();
    /// Lets go of the repository, and opens it again.
    void reopen();

    /// The check: both texts are the same.
    void same(std::string_view what, std::string_view expected, std::string_view seen);
    void is_true(std::string_view what, bool held) { same(what, "true", held ? "true" : "false"); }

    /// The cursor of a task, by registering it again as `task(uid)` does.
    moment cursor(std::string_view uid);

private:
    struct machine;

    template <class T>
    void cut_off(repository::awaitable<T> call, cut how, std::size_t handlers);
    template <class T>
    error_code error_of(repository::awaitable<T> call, std::string_view what);

    void fail(std::string_view what, std::string_view expected, std::string_view seen);
    together both_of(recorded_runs seen, const std::string& call, std::size_t ends, std::size_t begins);

    const repository_under_test& subject_;
    std::string case_name_;
    suite_report& report_;
    const bool at_once_;
    std::unique_ptr<machine> machine_; // the repository, and the context that its calls run on
};

/// Of which repositories a case is: a shared one does not begin again what has ended, nor stores the end of a slot whose
/// begin is not on record, as that may be another manager's.
enum class kept_by { all, alone, shared };

struct suite_case {
    const char* name;
    void (*run)(probe&);
    kept_by which = kept_by::all;
};

std::span<const suite_case> task_cases();
std::span<const suite_case> cursor_cases();
std::span<const suite_case> slot_cases();
std::span<const suite_case> finish_cases();
std::span<const suite_case> finish_again_cases();
std::span<const suite_case> start_cases();
std::span<const suite_case> history_cases();
std::span<const suite_case> paging_cases();
std::span<const suite_case> lookup_cases();
std::span<const suite_case> output_cases();
std::span<const suite_case> summary_cases();
std::span<const suite_case> skip_cases();
std::span<const suite_case> user_cases();
std::span<const suite_case> prune_cases();
std::span<const suite_case> text_cases();
std::span<const suite_case> cut_cases();
std::span<const suite_case> together_cases();
std::span<const suite_case> failing_cases();          ///< for those that can be made to fail
std::span<const suite_case> failing_together_cases(); ///< likewise
std::span<const suite_case> reopen_cases();           ///< for those that can be opened again

} // namespace rondo::testing::detail

#endif // RONDO_TESTING_REPOSITORY_SUITE_PROBE_HPP
