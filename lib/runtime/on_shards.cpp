// SPDX-License-Identifier: BSL-1.0
#include <runtime/on_shards.hpp>

#include <algorithm>

namespace rondo::runtime {

// One that was refused as a whole has refused each of its own, unless all have.
void bulk_gathering::take(const result<bulk_report>& part, const std::vector<std::size_t>& index) {
    any_ = any_ || part.has_value();
    if (part) {
        report_.succeeded += part.value().succeeded;
        for (const bulk_report::failure& f : part.value().failures)
            report_.failures.push_back({index[f.index], f.error});
    } else {
        why_ = part.error();
        for (std::size_t i : index) report_.failures.push_back({i, why_});
    }
    if (--left_ != 0) return;
    if (!any_) {
        done_->complete(why_);
        return;
    }
    std::ranges::sort(report_.failures, {}, &bulk_report::failure::index);
    done_->complete(std::move(report_));
}

} // namespace rondo::runtime
