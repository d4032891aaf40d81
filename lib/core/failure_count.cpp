// SPDX-License-Identifier: BSL-1.0
#include <rondo/failure_count.hpp>
#include <rondo/record.hpp>

#include <algorithm>

namespace rondo {
namespace {

// Of runs that started before the latest success, and may have ended after it.
constexpr std::size_t before_success_max = 100;

} // namespace

bool failure_count::take(const attempt& a) {
    std::size_t place = taken_++;
    if (a.trigger == trigger::retry) retries_.push_back(a);
    if (!a.outcome) return true; // those in flight are few
    ++ended_;
    if (success_) ++ended_before_success_;
    if (is_failure(*a.outcome)) failed_.push_back({a, place});
    bool later = !success_ || a.finished_at > success_->what.finished_at;
    if (*a.outcome == outcome::success && later) success_ = {a, place};
    return ended_ < failures_counted_max && ended_before_success_ < before_success_max;
}

// Of two that ended together, the one that started later is the later one.
bool failure_count::after_success(const failure& f) const noexcept {
    if (!success_ || f.what.finished_at > success_->what.finished_at) return true;
    return f.what.finished_at == success_->what.finished_at && f.place < success_->place;
}

std::uint32_t failure_count::failures() const {
    std::vector<attempt> retries = retries_; // each follows one attempt
    std::uint32_t n = 0;
    for (const failure& f : failed_) {
        auto next = std::ranges::find_if(retries, [&](const attempt& r) {
            return r.scheduled_at == f.what.scheduled_at && r.number == f.what.number + 1;
        });
        if (next != retries.end())
            retries.erase(next);
        else if (after_success(f))
            ++n;
    }
    return n;
}

} // namespace rondo
