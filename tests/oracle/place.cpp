// SPDX-License-Identifier: BSL-1.0
#include "place.hpp"

#include <cctz/time_zone.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rondo::oracle {

place::place(std::string name) : name_(std::move(name)), zone_(crontab::find_zone(name_)) {
    cctz::time_zone loaded;
    if (zone_ == nullptr || !cctz::load_time_zone(name_, &loaded))
        throw std::runtime_error("no zone " + name_);
    auto offset_at = [&](std::int64_t t) -> std::int64_t {
        return loaded.lookup(cctz::time_point<cctz::seconds>(cctz::seconds(t))).offset;
    };
    constexpr std::int64_t stride = 3 * 3'600;
    offset_at_first_ = offset_at(first);
    std::int64_t offset = offset_at_first_;
    for (std::int64_t t = first; t < last; t += stride) {
        std::int64_t next = offset_at(t + stride);
        if (next == offset) continue;
        std::int64_t old = t;
        std::int64_t fresh = t + stride;
        while (fresh - old > 1) {
            std::int64_t middle = old + (fresh - old) / 2;
            (offset_at(middle) == offset ? old : fresh) = middle;
        }
        if (next % 60 != 0 || fresh % 60 != 0) throw std::runtime_error("no whole minutes in " + name_);
        changes_.push_back({fresh, offset, next});
        offset = next;
    }
}

std::vector<place::change>::const_iterator place::first_change_after(std::int64_t from) const noexcept {
    auto later = [](std::int64_t t, const change& c) { return t < c.at; };
    return std::upper_bound(changes_.begin(), changes_.end(), from, later);
}

std::int64_t place::local(std::int64_t utc) const noexcept {
    auto next = first_change_after(utc);
    return utc + (next == changes_.begin() ? offset_at_first_ : std::prev(next)->offset_after);
}

} // namespace rondo::oracle
