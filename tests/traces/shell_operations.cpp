// SPDX-License-Identifier: BSL-1.0
#include <traces/shell_player.hpp>

#include <rondo/format.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace rondo::traces {
namespace {

std::string text_of(const shutdown_report& report) {
    std::vector<std::string> stragglers;
    for (const auto& s : report.still_running)
        stragglers.push_back(
            fmt::format(" {} {} since {}", s.uid.view(), s.id, rondo::to_string(s.started_at, 6)));
    std::ranges::sort(stragglers);
    std::string text = fmt::format("unrecorded={} still running:", report.unrecorded);
    for (const std::string& s : stragglers) text += s;
    return text;
}

} // namespace

void shell_player::perform(std::size_t index, const operation& o) {
    begin(index, o);
    settle();
}

void shell_player::begin(std::size_t index, const operation& o) {
    using kind = operation::kind;
    pause_options note;
    note.reason("for a while");
    if (o.until) note.until(time_.now().wall + o.first);
    switch (o.what) {
    case kind::add: return tasks_->async_add(task_of(w_.plans[o.plan]), to(index));
    case kind::replace: return tasks_->async_add(task_of(w_.plans[o.plan]), if_exists::replace, to(index));
    case kind::update: return tasks_->async_update(task_of(w_.plans[o.plan]), to(index));
    case kind::remove: return tasks_->async_remove(o.uid, to(index));
    case kind::pause: return tasks_->async_pause(o.uid, note, to(index));
    case kind::resume: return tasks_->async_resume(o.uid, o.from, to(index));
    case kind::pause_all: return tasks_->async_pause_all(to(index));
    case kind::resume_all: return tasks_->async_resume_all(o.from, to(index));
    case kind::trigger:
    case kind::run:
    case kind::cancel_run:
    case kind::cancel_task:
    case kind::detach:
    case kind::backfill: return begin_of_run(index, o);
    case kind::look:
    case kind::set_wall:
    case kind::stall:
    case kind::shutdown:
    case kind::start: return begin_of_world(index, o);
    }
}

void shell_player::begin_of_run(std::size_t index, const operation& o) {
    using kind = operation::kind;
    wall_time now = time_.now().wall;
    if (o.what == kind::trigger)
        return o.policy ? tasks_->async_trigger(o.uid, o.users, *o.policy, to(index))
                        : tasks_->async_trigger(o.uid, o.users, to(index));
    if (o.what == kind::run)
        return o.policy ? tasks_->async_run(o.uid, o.users, *o.policy, to(index))
                        : tasks_->async_run(o.uid, o.users, to(index));
    if (o.what == kind::backfill)
        return tasks_->async_backfill(o.uid, now - o.first, now - o.last, *o.policy, to(index));
    if (o.what == kind::cancel_task) return tasks_->async_cancel(o.uid, "enough", to(index));
    auto id = out_.pick(o.uid, o.which);
    if (!id) return answer(index, "no run");
    if (o.what == kind::detach) return tasks_->async_detach(*id, to(index));
    tasks_->async_cancel(*id, "enough", to(index));
}

void shell_player::begin_of_world(std::size_t index, const operation& o) {
    using kind = operation::kind;
    if (o.what == kind::set_wall) return time_.set_wall(time_.now().wall + o.first);
    if (o.what == kind::stall) return time_.suspend(o.first);
    if (o.what == kind::look) return look();
    if (o.what == kind::start) {
        if (over_) start();
        return;
    }
    tasks_->async_shutdown(o.first, [this, index](const result<shutdown_report>& r) {
        answer(index, text_of(r.value()));
        over_ = true;
    });
}

} // namespace rondo::traces
