// SPDX-License-Identifier: BSL-1.0
#include <rondo/testing/repository_suite.hpp>

#include <testing/repository_suite_probe.hpp>

#include <exception>

namespace rondo::testing {
namespace {

bool is_of(detail::kept_by which, bool shared) noexcept {
    return which == detail::kept_by::all || (which == detail::kept_by::shared) == shared;
}

void run_cases(const repository_under_test& subject, std::span<const detail::suite_case> cases,
               suite_report& report, bool at_once = false) {
    for (const detail::suite_case& c : cases) {
        try {
            detail::probe p(subject, c.name, report, at_once);
            if (!is_of(c.which, p.shared())) continue;
            ++report.cases;
            c.run(p);
        } catch (const detail::case_is_over&) {
            // What was wrong is in the report.
        } catch (const std::exception& e) {
            report.failures.push_back(std::string(c.name) + ": expected no exception, seen " + e.what());
        }
    }
}

} // namespace

suite_report check_repository(const repository_under_test& subject) {
    suite_report report;
    bool at_once = false;
    try {
        at_once = subject.make_empty()->record_at_once({}, {}).has_value();
    } catch (const std::exception& e) {
        report.failures.push_back(std::string("record_at_once of nothing: expected no exception, seen ") +
                                  e.what());
    }
    if (at_once)
        for (const auto cases : {detail::cursor_cases(), detail::slot_cases(), detail::finish_cases(),
                                 detail::finish_again_cases(), detail::start_cases(), detail::history_cases(),
                                 detail::skip_cases(), detail::output_cases(), detail::together_cases()})
            run_cases(subject, cases, report, true);
    for (const auto cases :
         {detail::task_cases(), detail::cursor_cases(), detail::slot_cases(), detail::finish_cases(),
          detail::finish_again_cases(), detail::start_cases(), detail::history_cases(),
          detail::paging_cases(), detail::lookup_cases(), detail::summary_cases(), detail::skip_cases(),
          detail::user_cases(), detail::prune_cases(), detail::text_cases(), detail::output_cases(),
          detail::cut_cases(), detail::together_cases()})
        run_cases(subject, cases, report);
    if (subject.set_failing)
        for (const auto cases : {detail::failing_cases(), detail::failing_together_cases()})
            run_cases(subject, cases, report);
    if (subject.reopen) run_cases(subject, detail::reopen_cases(), report);
    return report;
}

} // namespace rondo::testing
