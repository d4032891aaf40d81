// SPDX-License-Identifier: BSL-1.0
#include <rondo/joining_runs.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace rondo {
namespace {

// So that many who join one by one are not moved again and again.
template <class T>
void make_room(std::vector<T>& v, std::size_t more) {
    const std::size_t wanted = v.size() + more;
    if (wanted > v.capacity()) v.reserve(std::max(wanted, 2 * v.capacity()));
}

template <class T>
void append(std::vector<T>& to, std::vector<T>& some) {
    to.insert(to.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
}

} // namespace

void joining_runs::watch(std::function<void(const part&)> f) {
    const std::lock_guard lock(mutex_);
    if (seen_ != nullptr)
        f = [first = seen_, f = std::move(f)](const part& p) {
            first(p);
            f(p);
        };
    seen_ = std::move(f);
}

std::optional<joining_runs::part> joining_runs::take_or_close() {
    const std::lock_guard lock(mutex_);
    if (come_.ended.empty() && come_.begun.empty()) {
        open_ = false;
        return std::nullopt;
    }
    return std::exchange(come_, {});
}

bool joining_runs::join(part& p) {
    const std::lock_guard lock(mutex_);
    if (!open_) return false;
    make_room(come_.ended, p.ended.size()); // all or nothing
    make_room(come_.begun, p.begun.size());
    if (seen_ != nullptr) seen_(p);
    append(come_.ended, p.ended);
    append(come_.begun, p.begun);
    return true;
}

} // namespace rondo
