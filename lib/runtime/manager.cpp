// SPDX-License-Identifier: BSL-1.0
#include <rondo/manager.hpp>

#include <core/preview.hpp>
#include <runtime/engine.hpp>

#include <algorithm>

namespace rondo {

using runtime::engine;

namespace {

constexpr std::size_t slots_max = 10'000;

/// Nothing may escape into the loop, and who asks is answered.
template <class T, class F>
void guarded(engine& e, const runtime::pending_ptr<T>& waiting, F f) {
    try {
        f();
    } catch (...) {
        e.on_failure("an operation failed");
        waiting->complete(make_error_code(boost::system::errc::not_enough_memory));
    }
}

/// Takes an operation to the strand. `f` is called there with the engine and the completion.
template <class T, class F>
void on_strand(const std::shared_ptr<engine>& e, detail::completion<T> done, bool cancellable, F f) {
    auto waiting = e->wait_for<T>(std::move(done));
    if (cancellable) waiting->allow_cancel();
    e->post([e, waiting = std::move(waiting), f = std::move(f)]() mutable {
        guarded(*e, waiting, [&] { f(*e, waiting); });
    });
}

} // namespace

manager::manager(boost::asio::any_io_executor executor, std::shared_ptr<rondo::repository> repository,
                 manager_options options)
    : engine_(std::make_shared<engine>(std::move(executor), std::move(repository), std::move(options))) {
    engine_->enlist();
}

manager::manager(manager&& other) noexcept = default;

manager& manager::operator=(manager&& other) noexcept {
    if (this == &other) return *this;
    if (engine_ != nullptr) engine_->leave();
    engine_ = std::move(other.engine_);
    return *this;
}

manager::~manager() {
    if (engine_ != nullptr) engine_->leave();
}

boost::asio::any_io_executor manager::get_executor() const {
    return engine_->executor();
}

std::vector<stat> manager::stats(bool with_hidden) const {
    return engine_->stats(with_hidden);
}

result<stat> manager::find(std::string_view uid) const {
    return engine_->find(uid);
}

manager_stat manager::state() const {
    return engine_->state();
}

std::vector<group_stat> manager::groups() const {
    return engine_->groups();
}

result<std::vector<wall_time>> manager::next_runs(std::string_view uid, std::size_t n) const {
    BOOST_OUTCOME_TRY(core::preview p, engine_->preview(uid));
    return p.slots(std::min(n, slots_max));
}

result<std::vector<wall_time>> manager::previous_runs(std::string_view uid, wall_time before,
                                                      std::size_t n) const {
    BOOST_OUTCOME_TRY(core::preview p, engine_->preview(uid));
    return p.slots_before(before, std::min(n, slots_max));
}

result<std::string> manager::explain(std::string_view uid, wall_time t) const {
    BOOST_OUTCOME_TRY(core::preview p, engine_->preview(uid));
    return p.explain(t);
}

event_stream manager::subscribe(std::size_t capacity) {
    return event_stream(engine_->subscribe(capacity));
}

void detail::operations::start_start(const engine_ptr& e, detail::completion<start_report> done) {
    on_strand<start_report>(e, std::move(done), false, [](engine& on, auto p) { on.start(std::move(p)); });
}

void detail::operations::start_add(const engine_ptr& e, detail::completion<void> done, task t,
                                   if_exists otherwise) {
    on_strand<void>(e, std::move(done), false, [t = std::move(t), otherwise](engine& on, auto p) mutable {
        on.add(std::move(p), std::move(t), otherwise);
    });
}

void detail::operations::start_add_many(const engine_ptr& e, detail::completion<bulk_report> done,
                                        std::vector<task> tasks, if_exists otherwise) {
    on_strand<bulk_report>(e, std::move(done), false,
                           [tasks = std::move(tasks), otherwise](engine& on, auto p) mutable {
                               on.add_many(std::move(p), std::move(tasks), otherwise);
                           });
}

void detail::operations::start_update(const engine_ptr& e, detail::completion<void> done, task t) {
    on_strand<void>(e, std::move(done), false, [t = std::move(t)](engine& on, auto p) mutable {
        on.update(std::move(p), std::move(t));
    });
}

void detail::operations::start_remove(const engine_ptr& e, detail::completion<void> done, std::string uid) {
    on_strand<void>(e, std::move(done), true, [uid = std::move(uid)](engine& on, auto p) mutable {
        on.remove(std::move(p), std::move(uid));
    });
}

void detail::operations::start_remove_many(const engine_ptr& e, detail::completion<bulk_report> done,
                                           std::vector<std::string> uids) {
    on_strand<bulk_report>(e, std::move(done), true, [uids = std::move(uids)](engine& on, auto p) mutable {
        on.remove_many(std::move(p), std::move(uids));
    });
}

void detail::operations::start_pause(const engine_ptr& e, detail::completion<void> done, std::string uid,
                                     pause_options how) {
    on_strand<void>(e, std::move(done), false,
                    [uid = std::move(uid), how = std::move(how)](engine& on, auto p) mutable {
                        on.pause(std::move(p), std::move(uid), std::move(how));
                    });
}

void detail::operations::start_resume(const engine_ptr& e, detail::completion<void> done, std::string uid,
                                      resume_from from) {
    on_strand<void>(e, std::move(done), false, [uid = std::move(uid), from](engine& on, auto p) mutable {
        on.resume(std::move(p), std::move(uid), from);
    });
}

void detail::operations::start_pause_all(const engine_ptr& e, detail::completion<void> done,
                                         std::optional<resume_from> resume) {
    on_strand<void>(e, std::move(done), false,
                    [resume](engine& on, auto p) { on.pause_all(std::move(p), resume); });
}

void detail::operations::start_set_group(const engine_ptr& e, detail::completion<void> done, group wanted) {
    on_strand<void>(e, std::move(done), false,
                    [wanted = std::move(wanted)](engine& on, auto p) { on.set_group(std::move(p), wanted); });
}

void detail::operations::start_trigger(const engine_ptr& e, detail::completion<run_id> done, std::string uid,
                                       std::vector<user> users, std::optional<overlap> policy) {
    on_strand<run_id>(e, std::move(done), false,
                      [uid = std::move(uid), users = std::move(users), policy](engine& on, auto p) mutable {
                          on.trigger(std::move(p), std::move(uid), std::move(users), policy);
                      });
}

void detail::operations::start_run(const engine_ptr& e, detail::completion<run> done, std::string uid,
                                   std::vector<user> users, std::optional<overlap> policy) {
    on_strand<run>(e, std::move(done), true,
                   [uid = std::move(uid), users = std::move(users), policy](engine& on, auto p) mutable {
                       on.run_now(std::move(p), std::move(uid), std::move(users), policy);
                   });
}

void detail::operations::start_wait(const engine_ptr& e, detail::completion<run> done, run_id id) {
    on_strand<run>(e, std::move(done), true, [id](engine& on, auto p) { on.wait(std::move(p), id); });
}

void detail::operations::start_cancel_run(const engine_ptr& e, detail::completion<void> done, run_id id,
                                          std::string why) {
    on_strand<void>(e, std::move(done), false, [id, why = std::move(why)](engine& on, auto p) mutable {
        on.cancel_run(std::move(p), id, std::move(why));
    });
}

void detail::operations::start_cancel_task(const engine_ptr& e, detail::completion<std::size_t> done,
                                           std::string uid, std::string why) {
    on_strand<std::size_t>(e, std::move(done), false,
                           [uid = std::move(uid), why = std::move(why)](engine& on, auto p) mutable {
                               on.cancel_task(std::move(p), std::move(uid), std::move(why));
                           });
}

void detail::operations::start_detach(const engine_ptr& e, detail::completion<void> done, run_id id) {
    on_strand<void>(e, std::move(done), false, [id](engine& on, auto p) { on.detach(std::move(p), id); });
}

void detail::operations::start_backfill(const engine_ptr& e, detail::completion<backfill_progress> done,
                                        std::string uid, wall_time from, wall_time to, overlap policy) {
    auto waiting = e->wait_for<backfill_progress>(std::move(done));
    waiting->allow_cancel([e, uid, weak = std::weak_ptr(waiting)] {
        e->post([e, uid, weak] { e->stop_backfill(uid, weak); });
    });
    e->post([e, waiting = std::move(waiting), uid = std::move(uid), from, to, policy]() mutable {
        guarded(*e, waiting, [&] { e->backfill(waiting, std::move(uid), from, to, policy); });
    });
}

void detail::operations::start_history(const engine_ptr& e, detail::completion<history_page> done,
                                       history_filter filter) {
    on_strand<history_page>(e, std::move(done), false, [filter = std::move(filter)](engine& on, auto p) {
        on.ask<history_page>(std::move(p), [filter](repository& r) { return r.history(filter); });
    });
}

void detail::operations::start_run_of(const engine_ptr& e, completion<std::optional<run>> done, run_id id) {
    on_strand<std::optional<run>>(e, std::move(done), false,
                                  [id](engine& on, auto p) { on.run_of(std::move(p), id); });
}

void detail::operations::start_summary(const engine_ptr& e, completion<std::vector<task_summary>> done,
                                       summary_filter filter) {
    on_strand<std::vector<task_summary>>(
        e, std::move(done), false, [filter = std::move(filter)](engine& on, auto p) {
            on.ask<std::vector<task_summary>>(std::move(p),
                                              [filter](repository& r) { return r.summary(filter); });
        });
}

void detail::operations::start_last_runs(const engine_ptr& e, detail::completion<std::vector<run>> done,
                                         std::optional<user> who) {
    std::optional<std::string> id;
    if (who) id = who->id();
    on_strand<std::vector<run>>(e, std::move(done), false, [id = std::move(id)](engine& on, auto p) {
        on.ask<std::vector<run>>(std::move(p), [id](repository& r) { return r.last_runs(id); });
    });
}

void detail::operations::start_users(const engine_ptr& e, detail::completion<std::vector<user>> done) {
    on_strand<std::vector<user>>(e, std::move(done), false, [](engine& on, auto p) {
        on.ask<std::vector<user>>(std::move(p), [](repository& r) { return r.users(); });
    });
}

void detail::operations::start_add_users(const engine_ptr& e, detail::completion<void> done,
                                         std::vector<user> users) {
    on_strand<void>(e, std::move(done), false, [users = std::move(users)](engine& on, auto p) mutable {
        on.change_users(std::move(p), std::move(users), true);
    });
}

void detail::operations::start_remove_users(const engine_ptr& e, detail::completion<void> done,
                                            std::vector<user> users) {
    on_strand<void>(e, std::move(done), false, [users = std::move(users)](engine& on, auto p) mutable {
        on.change_users(std::move(p), std::move(users), false);
    });
}

void detail::operations::start_prune(const engine_ptr& e, detail::completion<std::uint64_t> done,
                                     prune_policy policy) {
    on_strand<std::uint64_t>(e, std::move(done), false,
                             [policy](engine& on, auto p) { on.prune(std::move(p), policy); });
}

void detail::operations::start_shutdown(const engine_ptr& e, detail::completion<shutdown_report> done,
                                        std::chrono::nanoseconds grace) {
    on_strand<shutdown_report>(e, std::move(done), false,
                               [grace](engine& on, auto p) { on.shutdown(std::move(p), grace); });
}

} // namespace rondo
