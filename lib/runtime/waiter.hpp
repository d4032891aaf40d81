// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_WAITER_HPP
#define RONDO_RUNTIME_WAITER_HPP

#include <rondo/error.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace rondo::runtime {

/// Who asked for something, and is told once what became of it.
template <class T>
class waiter {
public:
    /// The first call counts. Returns whether this was it.
    virtual bool complete(result<T> r) = 0;
    [[nodiscard]] virtual bool done() const noexcept = 0;

protected:
    ~waiter() = default;
};

template <class T>
using waiter_ptr = std::shared_ptr<waiter<T>>;

/// Those who gave up make room.
template <class Pointer>
void add_waiter(std::vector<Pointer>& waiters, Pointer one) {
    std::erase_if(waiters, [](const Pointer& w) { return w->done(); });
    waiters.push_back(std::move(one));
}

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_WAITER_HPP
