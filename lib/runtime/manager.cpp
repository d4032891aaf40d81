// SPDX-License-Identifier: BSL-1.0
#include <rondo/manager.hpp>

#include <core/preview.hpp>
#include <runtime/on_shards.hpp>

#include <algorithm>

namespace rondo {

using runtime::engine;
using runtime::guarded;
using runtime::on_each;
using runtime::on_strand;
using runtime::shards;

namespace {

constexpr std::size_t slots_max = 10'000;

// Before the repository is asked: what was done then cannot be undone if one of them cannot be made ready.
void start_others(const std::shared_ptr<shards>& s, engine& on,
                  const runtime::pending_ptr<start_report>& done) {
    try {
        const auto& first = s->first();
        auto all = std::make_shared<runtime::gathering<void>>(s->all().size() - 1,
                                                              [first, done](result<void> ready) {
                                                                  if (ready)
                                                                      return first->open_repository(done);
                                                                  first->stay_fresh();
                                                                  done->complete(ready.error());
                                                              });
        std::vector<runtime::pending_ptr<void>> parts; // all of them first, as this may throw
        for (std::size_t i = 1; i != s->all().size(); ++i)
            parts.push_back(s->all()[i]->wait_at<void>(on, [first, done, all](result<void> r) {
                runtime::guarded(*first, done, [&] { all->take(std::move(r)); });
            }));
        auto get_ready = [](engine& e, auto p) { p->complete(e.get_ready()); };
        for (std::size_t i = 1; i != s->all().size(); ++i)
            runtime::ask_one(s->all()[i], parts[i - 1], get_ready);
    } catch (...) { // no memory
        on.stay_fresh();
        throw;
    }
}

} // namespace

manager::manager(boost::asio::any_io_executor executor, std::shared_ptr<rondo::repository> repository,
                 manager_options options)
    : shards_(std::make_shared<shards>(executor, repository, options)) {
    shards_->enlist();
}

manager::manager(manager&& other) noexcept = default;

manager& manager::operator=(manager&& other) noexcept {
    if (this == &other) return *this;
    if (shards_ != nullptr) shards_->leave();
    shards_ = std::move(other.shards_);
    return *this;
}

manager::~manager() {
    if (shards_ != nullptr) shards_->leave();
}

boost::asio::any_io_executor manager::get_executor() const {
    return shards_->first()->executor();
}

std::vector<stat> manager::stats(bool with_hidden) const {
    return shards_->stats(with_hidden);
}

result<stat> manager::find(std::string_view uid) const {
    return shards_->of(uid)->find(uid);
}

manager_stat manager::state() const {
    return shards_->state();
}

std::vector<group_stat> manager::groups() const {
    return shards_->groups();
}

result<std::vector<wall_time>> manager::next_runs(std::string_view uid, std::size_t n) const {
    BOOST_OUTCOME_TRY(core::preview p, shards_->of(uid)->preview(uid));
    return p.slots(std::min(n, slots_max));
}

result<std::vector<wall_time>> manager::previous_runs(std::string_view uid, wall_time before,
                                                      std::size_t n) const {
    BOOST_OUTCOME_TRY(core::preview p, shards_->of(uid)->preview(uid));
    return p.slots_before(before, std::min(n, slots_max));
}

result<std::string> manager::explain(std::string_view uid, wall_time t) const {
    BOOST_OUTCOME_TRY(core::preview p, shards_->of(uid)->preview(uid));
    return p.explain(t);
}

event_stream manager::subscribe(std::size_t capacity) {
    return event_stream(shards_->subscribe(capacity));
}

void detail::operations::start_start(const shards_ptr& s, detail::completion<start_report> done) {
    on_strand<start_report>(s->first(), std::move(done), false, [s](engine& on, auto p) {
        if (s->alone()) return runtime::start(on, p);
        if (auto ready = on.get_ready(); !ready)
            p->complete(ready.error());
        else
            start_others(s, on, p);
    });
}

void detail::operations::start_add(const shards_ptr& s, detail::completion<void> done, task t,
                                   if_exists otherwise) {
    const auto& e = s->of(t.uid());
    on_strand<void>(e, std::move(done), false, [t = std::move(t), otherwise](engine& on, auto p) mutable {
        on.add(std::move(p), std::move(t), otherwise);
    });
}

void detail::operations::start_add_many(const shards_ptr& s, detail::completion<bulk_report> done,
                                        std::vector<task> tasks, if_exists otherwise) {
    on_each(
        s, std::move(done), std::move(tasks), false, [](const task& t) { return std::string_view(t.uid()); },
        [otherwise](engine& on, auto p, std::vector<task> some) {
            on.add_many(std::move(p), std::move(some), otherwise);
        });
}

void detail::operations::start_update(const shards_ptr& s, detail::completion<void> done, task t) {
    const auto& e = s->of(t.uid());
    on_strand<void>(e, std::move(done), false, [t = std::move(t)](engine& on, auto p) mutable {
        on.update(std::move(p), std::move(t));
    });
}

void detail::operations::start_remove(const shards_ptr& s, detail::completion<void> done, std::string uid) {
    const auto& e = s->of(uid);
    on_strand<void>(e, std::move(done), true, [uid = std::move(uid)](engine& on, auto p) mutable {
        on.remove(std::move(p), std::move(uid));
    });
}

void detail::operations::start_remove_many(const shards_ptr& s, detail::completion<bulk_report> done,
                                           std::vector<std::string> uids) {
    on_each(
        s, std::move(done), std::move(uids), true, [](const std::string& u) { return std::string_view(u); },
        [](engine& on, auto p, std::vector<std::string> some) {
            on.remove_many(std::move(p), std::move(some));
        });
}

void detail::operations::start_pause(const shards_ptr& s, detail::completion<void> done, std::string uid,
                                     pause_options how) {
    const auto& e = s->of(uid);
    on_strand<void>(e, std::move(done), false,
                    [uid = std::move(uid), how = std::move(how)](engine& on, auto p) mutable {
                        on.pause(std::move(p), std::move(uid), std::move(how));
                    });
}

void detail::operations::start_resume(const shards_ptr& s, detail::completion<void> done, std::string uid,
                                      resume_from from) {
    const auto& e = s->of(uid);
    on_strand<void>(e, std::move(done), false, [uid = std::move(uid), from](engine& on, auto p) mutable {
        on.resume(std::move(p), std::move(uid), from);
    });
}

void detail::operations::start_pause_all(const shards_ptr& s, detail::completion<void> done,
                                         std::optional<resume_from> resume) {
    on_each<void>(s, std::move(done), [resume](engine& on, auto p) { on.pause_all(std::move(p), resume); });
}

void detail::operations::start_set_group(const shards_ptr& s, detail::completion<void> done, group wanted) {
    on_each<void>(s, std::move(done),
                  [wanted = std::move(wanted)](engine& on, auto p) { on.set_group(std::move(p), wanted); });
}

void detail::operations::start_trigger(const shards_ptr& s, detail::completion<run_id> done, std::string uid,
                                       std::vector<user> users, std::optional<overlap> policy) {
    const auto& e = s->of(uid);
    on_strand<run_id>(e, std::move(done), false,
                      [uid = std::move(uid), users = std::move(users), policy](engine& on, auto p) mutable {
                          on.trigger(std::move(p), std::move(uid), std::move(users), policy);
                      });
}

void detail::operations::start_run(const shards_ptr& s, detail::completion<run> done, std::string uid,
                                   std::vector<user> users, std::optional<overlap> policy) {
    const auto& e = s->of(uid);
    on_strand<run>(e, std::move(done), true,
                   [uid = std::move(uid), users = std::move(users), policy](engine& on, auto p) mutable {
                       on.run_now(std::move(p), std::move(uid), std::move(users), policy);
                   });
}

void detail::operations::start_wait(const shards_ptr& s, detail::completion<run> done, run_id id) {
    on_strand<run>(s->of(id), std::move(done), true, [id](engine& on, auto p) { on.wait(std::move(p), id); });
}

void detail::operations::start_cancel_run(const shards_ptr& s, detail::completion<void> done, run_id id,
                                          std::string why) {
    on_strand<void>(s->of(id), std::move(done), false,
                    [id, why = std::move(why)](engine& on, auto p) mutable {
                        on.cancel_run(std::move(p), id, std::move(why));
                    });
}

void detail::operations::start_cancel_task(const shards_ptr& s, detail::completion<std::size_t> done,
                                           std::string uid, std::string why) {
    const auto& e = s->of(uid);
    on_strand<std::size_t>(e, std::move(done), false,
                           [uid = std::move(uid), why = std::move(why)](engine& on, auto p) mutable {
                               on.cancel_task(std::move(p), std::move(uid), std::move(why));
                           });
}

void detail::operations::start_detach(const shards_ptr& s, detail::completion<void> done, run_id id) {
    on_strand<void>(s->of(id), std::move(done), false,
                    [id](engine& on, auto p) { on.detach(std::move(p), id); });
}

void detail::operations::start_backfill(const shards_ptr& s, detail::completion<backfill_progress> done,
                                        std::string uid, wall_time from, wall_time to, overlap policy) {
    const auto e = s->of(uid);
    auto waiting = e->wait_for<backfill_progress>(std::move(done));
    waiting->allow_cancel([e, uid, weak = std::weak_ptr(waiting)] {
        e->post([e, uid, weak] { e->stop_backfill(uid, weak); });
    });
    e->post([e, waiting = std::move(waiting), uid = std::move(uid), from, to, policy]() mutable {
        guarded(*e, waiting, [&] { e->backfill(waiting, std::move(uid), from, to, policy); });
    });
}

void detail::operations::start_history(const shards_ptr& s, detail::completion<history_page> done,
                                       history_filter filter) {
    on_strand<history_page>(
        s->first(), std::move(done), false, [filter = std::move(filter)](engine& on, auto p) {
            on.ask<history_page>(std::move(p), [filter](repository& r) { return r.history(filter); });
        });
}

void detail::operations::start_run_of(const shards_ptr& s, completion<std::optional<run>> done, run_id id) {
    on_strand<std::optional<run>>(s->of(id), std::move(done), false,
                                  [id](engine& on, auto p) { on.run_of(std::move(p), id); });
}

void detail::operations::start_summary(const shards_ptr& s, completion<std::vector<task_summary>> done,
                                       summary_filter filter) {
    on_strand<std::vector<task_summary>>(
        s->first(), std::move(done), false, [filter = std::move(filter)](engine& on, auto p) {
            on.ask<std::vector<task_summary>>(std::move(p),
                                              [filter](repository& r) { return r.summary(filter); });
        });
}

void detail::operations::start_last_runs(const shards_ptr& s, detail::completion<std::vector<run>> done,
                                         std::optional<user> who) {
    std::optional<std::string> id;
    if (who) id = who->id();
    on_strand<std::vector<run>>(s->first(), std::move(done), false, [id = std::move(id)](engine& on, auto p) {
        on.ask<std::vector<run>>(std::move(p), [id](repository& r) { return r.last_runs(id); });
    });
}

void detail::operations::start_users(const shards_ptr& s, detail::completion<std::vector<user>> done) {
    on_strand<std::vector<user>>(s->first(), std::move(done), false, [](engine& on, auto p) {
        on.ask<std::vector<user>>(std::move(p), [](repository& r) { return r.users(); });
    });
}

void detail::operations::start_add_users(const shards_ptr& s, detail::completion<void> done,
                                         std::vector<user> users) {
    on_each<void>(s, std::move(done), [users = std::move(users)](engine& on, auto p) {
        on.change_users(std::move(p), users, true);
    });
}

void detail::operations::start_remove_users(const shards_ptr& s, detail::completion<void> done,
                                            std::vector<user> users) {
    on_each<void>(s, std::move(done), [users = std::move(users)](engine& on, auto p) {
        on.change_users(std::move(p), users, false);
    });
}

void detail::operations::start_prune(const shards_ptr& s, detail::completion<std::uint64_t> done,
                                     prune_policy policy) {
    on_strand<std::uint64_t>(s->first(), std::move(done), false,
                             [policy](engine& on, auto p) { on.prune(std::move(p), policy); });
}

void detail::operations::start_shutdown(const shards_ptr& s, detail::completion<shutdown_report> done,
                                        std::chrono::nanoseconds grace) {
    on_each<shutdown_report>(s, std::move(done),
                             [grace](engine& on, auto p) { on.shutdown(std::move(p), grace); });
}

} // namespace rondo
