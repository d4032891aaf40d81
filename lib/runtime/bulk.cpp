// SPDX-License-Identifier: BSL-1.0
#include <runtime/bulk.hpp>

#include <algorithm>
#include <new>

namespace rondo::runtime {

bulk_waiter::bulk_waiter(pending_ptr<bulk_report> done, std::size_t size)
    : done_(std::move(done)), parts_(size, part(*this)), left_(size) {}

bool bulk_waiter::part::complete(result<void> r) {
    if (std::exchange(done_, true)) return false;
    whole_.on_part(static_cast<std::size_t>(this - whole_.parts_.data()), r);
    return true;
}

void bulk_waiter::on_part(std::size_t index, const result<void>& r) {
    if (r) {
        ++report_.succeeded;
    } else {
        try {
            report_.failures.push_back({index, r.error()});
        } catch (const std::bad_alloc&) {
            all_told_ = false;
        }
    }
    if (--left_ != 0) return;
    std::ranges::sort(report_.failures, {}, &bulk_report::failure::index);
    if (all_told_)
        done_->complete(std::move(report_));
    else
        done_->complete(make_error_code(boost::system::errc::not_enough_memory));
}

} // namespace rondo::runtime
