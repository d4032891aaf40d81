// SPDX-License-Identifier: BSL-1.0
// What history is forgotten, slice by slice, so that the repository serves others in between.
#include <runtime/engine.hpp>

#include <rondo/format.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace rondo::runtime {
namespace {

constexpr std::size_t slice = 500; // runs

} // namespace

struct engine::pruning {
    pending_ptr<std::uint64_t> done; // null: nobody waits for it
    prune_policy policy;
    bool whole = false; // as many slices as it takes
    std::uint64_t runs = 0;
};

void engine::prune(pending_ptr<std::uint64_t> done, prune_policy policy) {
    auto p = std::make_shared<pruning>();
    p->done = std::move(done);
    p->policy = policy;
    p->whole = policy.limit == 0;
    if (p->whole) p->policy.limit = slice;
    prune_on(p);
}

void engine::prune_on(const std::shared_ptr<pruning>& p) {
    if (error_code no = usable()) return end_pruning(*p, no);
    call<prune_progress>([policy = p->policy](rondo::repository& r) { return r.prune(policy); },
                         [this, p](result<prune_progress> now) {
                             if (!now) return end_pruning(*p, now.error());
                             p->runs += now.value().runs;
                             if (!p->whole)
                                 p->policy.limit -=
                                     std::min<std::uint64_t>(p->policy.limit, now.value().runs);
                             if (!now.value().next || p->policy.limit == 0) return end_pruning(*p, {});
                             p->policy.from = *now.value().next;
                             // Not from in here: a repository that answers at once would have us call ourselves.
                             post([self = shared_from_this(), p] { self->prune_guarded(p); });
                         },
                         [this, p](error_code why) { end_pruning(*p, why); });
}

void engine::prune_guarded(const std::shared_ptr<pruning>& p) noexcept {
    try {
        prune_on(p);
    } catch (...) { // no memory
        log_exception("history is not pruned");
        end_pruning(*p, make_error_code(boost::system::errc::not_enough_memory));
    }
}

void engine::end_pruning(pruning& p, error_code why) noexcept {
    if (p.done != nullptr) {
        p.done->complete(why ? result<std::uint64_t>(why) : p.runs);
        return;
    }
    bool news = why && !prune_failed_; // one line for each row of failures
    prune_failed_ = bool(why);
    if (news && why != errc::shutting_down) log_pruning_failed(why);
    prune_at_ = clock_.now().steady + options_.retention.every;
    rearm();
}

void engine::log_pruning_failed(error_code why) noexcept {
    try {
        log(log_level::error, fmt::format("history is not pruned: {}", why.message()));
    } catch (...) { // no memory
    }
}

void engine::start_retention() {
    bool wanted = options_.retention.age.count() > 0 || options_.retention.runs_per_task > 0;
    if (wanted) prune_at_ = clock_.now().steady + options_.retention.every;
}

void engine::retain() noexcept {
    prune_at_ = steady_time::max(); // until it is through
    const retention& r = options_.retention;
    try {
        auto p = std::make_shared<pruning>();
        p->whole = true;
        p->policy.limit = slice;
        if (r.age.count() > 0)
            p->policy.ended_before =
                clock_.now().wall - std::chrono::duration_cast<std::chrono::microseconds>(r.age);
        if (r.runs_per_task > 0) p->policy.runs_per_task = r.runs_per_task;
        prune_guarded(p);
    } catch (...) { // no memory
        log_exception("history is not pruned");
        prune_at_ = clock_.now().steady + r.every;
    }
}

} // namespace rondo::runtime
