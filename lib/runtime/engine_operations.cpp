// SPDX-License-Identifier: BSL-1.0
#include <runtime/engine.hpp>

#include <runtime/run_waiters.hpp>

namespace rondo::runtime {
namespace {

run run_in_flight(const core::run_record& record) {
    run r;
    r.id = record.id;
    r.uid = record.task->uid;
    r.trigger = record.trigger;
    r.attempt = record.attempt;
    r.scheduled_at = record.scheduled_at;
    using kind = core::run_state_kind;
    if (record.state != kind::waiting && record.state != kind::backing_off) r.started_at = record.started_at;
    r.users = record.users;
    return r;
}

} // namespace

result<core::task_record*> engine::live_task(std::string_view uid) {
    if (error_code no = usable()) return no;
    obey_left(); // which may be that it is gone
    core::task_record* task = core_.find(uid);
    if (task == nullptr || task->state == core::task_state_kind::registering) return errc::task_not_exists;
    return task;
}

// First on record, then in force: an error means that nothing has changed.
template <class F>
void engine::change_pause(pending_ptr<void> done, const std::string& uid, task_update update, F in_force) {
    auto task = live_task(uid);
    if (!task) {
        done->complete(task.error());
        return;
    }
    update.uid = task.value()->uid;
    call<void>([update](rondo::repository& r) { return r.update_tasks({update}); },
               [this, done, uid, update, in_force](result<void> r) {
                   if (!r) {
                       done->complete(r.error());
                       return;
                   }
                   auto now_task = live_task(uid); // it may have gone meanwhile
                   if (!now_task) {
                       done->complete(now_task.error());
                       return;
                   }
                   own_pauses_.erase(uid); // this one is later
                   pauses_on_the_way_.erase(uid);
                   with_core([&](core::scheduler& core) { in_force(core, *now_task.value(), clock_.now()); });
                   obey_or_later();
                   event e;
                   e.kind = *update.paused ? event_kind::task_paused : event_kind::task_resumed;
                   e.at = clock_.now().wall;
                   e.uid = update.uid;
                   e.message = update.pause_reason;
                   publish(e);
                   done->complete(boost::outcome_v2::success());
               },
               [done](error_code why) { done->complete(why); });
}

void engine::pause(pending_ptr<void> done, std::string uid, pause_options how) {
    moment until = how.until();
    bool in_range = !until || (*until >= wall_time_first && *until <= wall_time_last);
    if (how.reason().size() > pause_reason_size_max || !in_range) {
        done->complete(errc::invalid_option);
        return;
    }
    task_update update{{}, true, {}, how.reason(), until};
    change_pause(std::move(done), uid, std::move(update),
                 [how](core::scheduler& core, core::task_record& task, instant now) {
                     core.pause(task, now, {how.reason(), how.until()});
                 });
}

void engine::resume(pending_ptr<void> done, std::string uid, resume_from from) {
    change_pause(std::move(done), uid, {{}, false, {}},
                 [from](core::scheduler& core, core::task_record& task, instant now) {
                     core.resume(task, from, now);
                 });
}

void engine::pause_all(pending_ptr<void> done, std::optional<resume_from> resume) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    with_core([&](core::scheduler& core) {
        if (resume)
            core.resume_all(*resume, clock_.now());
        else
            core.pause_all(clock_.now());
    });
    obey();
    event e;
    e.kind = resume ? event_kind::task_resumed : event_kind::task_paused;
    e.at = clock_.now().wall;
    if (place_.first()) publish(e); // once for all
    done->complete(boost::outcome_v2::success());
}

void engine::set_group(pending_ptr<void> done, const group& wanted) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    auto set = with_core([&](core::scheduler& core) { return core.set_group(wanted, clock_.now()); });
    obey();
    done->complete(std::move(set));
}

void engine::trigger(pending_ptr<run_id> done, std::string uid, std::vector<user> users,
                     std::optional<overlap> policy) {
    auto task = live_task(uid);
    if (!task) {
        done->complete(task.error());
        return;
    }
    auto record = with_core([&](core::scheduler& core) {
        return core.trigger(*task.value(), std::move(users), policy, clock_.now());
    });
    if (record)
        done->complete(record.value()->id);
    else
        done->complete(record.error());
    obey();
}

void engine::run_now(pending_ptr<run> done, std::string uid, std::vector<user> users,
                     std::optional<overlap> policy) {
    auto task = live_task(uid);
    if (!task) {
        done->complete(task.error());
        return;
    }
    auto record = with_core([&](core::scheduler& core) {
        return core.trigger(*task.value(), std::move(users), policy, clock_.now());
    });
    if (record)
        chains_[record.value()->id].followers.push_back(std::move(done));
    else
        done->complete(record.error());
    obey();
}

void engine::wait(pending_ptr<run> done, run_id id) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    if (ended_run* on_its_way = outbox_.find_end(id)) {
        add_waiter(on_its_way->waiters, std::move(done));
        if (outage_.down) let_waiters_go(*on_its_way);
        return;
    }
    core::run_record* record = find_run(id);
    if (record != nullptr && record->state != core::run_state_kind::overdue) { // its end is still to come
        add_waiter(run_waiters_[id], std::move(done));
        return;
    }
    call<std::optional<run>>([id](rondo::repository& r) { return r.find_run(id); },
                             [done](result<std::optional<run>> found) {
                                 if (!found)
                                     done->complete(found.error());
                                 else if (!found.value() || !found.value()->outcome)
                                     done->complete(errc::run_not_exists);
                                 else
                                     done->complete(std::move(*found.value()));
                             },
                             [done](error_code why) { done->complete(why); });
}

// The newest truth first: the core, the outbox, the repository.
void engine::run_of(pending_ptr<std::optional<run>> done, run_id id) {
    if (error_code no = usable()) {
        done->complete(no);
        return;
    }
    const core::run_record* record = find_run(id);
    if (record != nullptr && record->state != core::run_state_kind::overdue) {
        run now = run_in_flight(*record);
        if (const detail::run_state* body = runs_.find(id)) now.output = body->output();
        done->complete(std::optional<run>(std::move(now)));
        return;
    }
    if (const ended_run* on_its_way = outbox_.find_end(id)) {
        done->complete(std::optional<run>(on_its_way->request.run));
        return;
    }
    ask<std::optional<run>>(std::move(done), [id](rondo::repository& r) { return r.find_run(id); });
}

void engine::cancel_run(pending_ptr<void> done, run_id id, std::string why) {
    if (sharing_.clock != nullptr && !usable() && find_run(id) == nullptr) { // another manager may have it
        cancel_elsewhere({id, {}, std::move(why)}, [done](result<std::uint64_t> n) {
            if (n && n.value() > 0)
                done->complete(boost::outcome_v2::success());
            else
                done->complete(n ? make_error_code(errc::run_not_exists) : n.error());
        });
        return;
    }
    steer_run(std::move(done), id, [&](core::scheduler& core, core::run_record& run) {
        core.cancel(run, cancel_reason::requested, clock_.now(), std::move(why));
    });
}

void engine::detach(pending_ptr<void> done, run_id id) {
    steer_run(std::move(done), id,
              [&](core::scheduler& core, core::run_record& run) { core.detach(run, clock_.now()); });
}

void engine::backfill(pending_ptr<backfill_progress> done, std::string uid, wall_time from, wall_time to,
                      overlap policy) {
    auto task = live_task(uid);
    if (!task || done->done()) {
        if (!task) done->complete(task.error());
        return;
    }
    auto begun = with_core(
        [&](core::scheduler& core) { return core.backfill(*task.value(), from, to, policy, clock_.now()); });
    if (!begun) {
        done->complete(begun.error());
        return;
    }
    backfills_.insert_or_assign(std::move(uid), std::move(done));
    obey();
}

// Whoever asked for it has lost interest.
void engine::stop_backfill(std::string_view uid, const std::weak_ptr<pending<backfill_progress>>& who) {
    auto found = backfills_.find(uid);
    if (found == backfills_.end() || found->second != who.lock()) return;
    auto task = live_task(uid);
    if (!task) return;
    with_core([&](core::scheduler& core) { core.stop_backfill(*task.value(), clock_.now()); });
    obey();
}

// Those with a body are known here; the core has to look through all tasks.
core::run_record* engine::find_run(run_id id) {
    obey_left(); // which may be that it is over
    const detail::run_state* found = runs_.find(id);
    return found != nullptr ? found->record : core_.find_run(id);
}

template <class F>
void engine::steer_run(pending_ptr<void> done, run_id id, F f) {
    if (error_code no = usable(); no && life_ != life::draining) {
        done->complete(no);
        return;
    }
    core::run_record* record = find_run(id);
    if (record == nullptr) {
        done->complete(errc::run_not_exists);
        return;
    }
    with_core([&](core::scheduler& core) { f(core, *record); });
    obey();
    done->complete(boost::outcome_v2::success());
}

void engine::cancel_task(pending_ptr<std::size_t> done, std::string uid, std::string why) {
    auto task = live_task(uid);
    if (!task) {
        done->complete(task.error());
        return;
    }
    const core::backfill_state* filling = task.value()->backfill();
    if (filling != nullptr && !filling->over()) {
        with_core([&](core::scheduler& core) { core.stop_backfill(*task.value(), clock_.now()); });
        obey();
    }
    std::vector<run_id> ids;
    for (core::run_record* run = task.value()->runs(); run != nullptr; run = run->next)
        ids.push_back(run->id);
    for (run_id id : ids) {
        core::task_record* still = core_.find(uid); // an earlier run may have taken it along, or the next
        core::run_record* record = still != nullptr ? still->runs() : nullptr;
        while (record != nullptr && record->id != id) record = record->next;
        if (record == nullptr) continue;
        with_core([&](core::scheduler& core) {
            core.cancel(*record, cancel_reason::requested, clock_.now(), why);
        });
        obey();
    }
    cancel_elsewhere({{}, shared_string(uid), std::move(why)},
                     [done, here = ids.size()](result<std::uint64_t> n) {
                         if (n || here > 0) // those here are, whatever is known of the others
                             done->complete(here + static_cast<std::size_t>(n ? n.value() : 0));
                         else
                             done->complete(n.error());
                     });
}

} // namespace rondo::runtime
