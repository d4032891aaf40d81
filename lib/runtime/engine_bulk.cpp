// SPDX-License-Identifier: BSL-1.0
// Many tasks at once, in parts.
#include <runtime/engine.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace rondo::runtime {
namespace {

constexpr std::size_t part_max = 1000;

} // namespace

// The first now, and the others when those are registered.
void engine::add_many(pending_ptr<bulk_report> done, std::vector<task> tasks, if_exists otherwise) {
    if (error_code no = usable(); no || tasks.empty()) {
        done->complete(no ? result<bulk_report>(no) : bulk_report());
        return;
    }
    changes_.many_adds.push_back({{std::move(done), std::move(tasks)}, otherwise});
    (void)take_adds(part_max);
    if (!changes_.registering && !changes_.many_adds.empty()) register_soon();
}

// At most so many, and none while too many calls are under way, as those that replace others make one each. Returns
// whether there was any.
bool engine::take_adds(std::size_t most) noexcept {
    bool any = false;
    auto under_way = static_cast<std::size_t>(
        std::ranges::count_if(calls_, [](const std::shared_ptr<awaited_call>& c) { return !c->over; }));
    for (; most != 0 && !changes_.many_adds.empty() && under_way < part_max; --most) {
        const std::size_t calls = calls_.size();
        bulk_add& from = changes_.many_adds.front();
        auto [who, what] = from.tasks.take();
        any = true;
        try {
            add(who, std::move(what), from.otherwise);
        } catch (...) {
            log_exception("a task is not added");
            who->complete(make_error_code(boost::system::errc::not_enough_memory));
        }
        (void)what.take_body(); // of one that is refused
        if (calls_.size() > calls) ++under_way;
        if (from.tasks.empty()) changes_.many_adds.pop_front();
    }
    return any;
}

void engine::remove_many(pending_ptr<bulk_report> done, std::vector<std::string> uids) {
    if (error_code no = usable(); no || uids.empty()) {
        done->complete(no ? result<bulk_report>(no) : bulk_report());
        return;
    }
    changes_.many_removals.emplace_back(std::move(done), std::move(uids));
    if (!changes_.removing) remove_some();
}

// If there is no memory for that, the next tick does it.
void engine::remove_soon() noexcept {
    try {
        post([self = shared_from_this()] { self->remove_some(); });
        changes_.removing = true;
    } catch (...) {
        changes_.removing = false;
        put_off("tasks are removed later");
    }
}

void engine::remove_some() noexcept {
    changes_.removing = false;
    for (std::size_t left = part_max; left != 0 && !changes_.many_removals.empty(); --left) {
        bulk_work<std::string>& from = changes_.many_removals.front();
        auto [who, uid] = from.take();
        try {
            remove_one(who, uid);
        } catch (...) {
            log_exception("a task is not removed");
            who->complete(make_error_code(boost::system::errc::not_enough_memory));
        }
        if (from.empty()) changes_.many_removals.pop_front();
    }
    if (!changes_.many_removals.empty()) remove_soon();
    obey_or_later();
}

// The next tick does it, and there is one soon.
void engine::put_off(const char* what) noexcept {
    log_exception(what);
    try {
        rearm();
    } catch (...) { // the timer cannot be set
        log_exception(what);
    }
}

// For want of memory; or it waits for others that are on their way to the repository.
bool engine::has_put_off() const noexcept {
    return (!changes_.registering && !(changes_.adds.empty() && changes_.many_adds.empty())) ||
           (!changes_.removing && !changes_.many_removals.empty()) ||
           (!changes_.telling && !changes_.gone.empty());
}

void engine::do_put_off() {
    if (!changes_.telling) tell_gone();
    if (!changes_.removing) remove_some();
    if (!changes_.registering) register_tasks();
}

} // namespace rondo::runtime
