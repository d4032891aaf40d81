// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RUNTIME_ENGINE_HPP
#define RONDO_RUNTIME_ENGINE_HPP

#include <rondo/manager.hpp>

#include <core/scheduler.hpp>
#include <runtime/awaited_call.hpp>
#include <runtime/chain.hpp>
#include <runtime/clock_watch.hpp>
#include <runtime/context_service.hpp>
#include <runtime/event_readers.hpp>
#include <runtime/host.hpp>
#include <runtime/host_clock.hpp>
#include <runtime/known_users.hpp>
#include <runtime/leaving.hpp>
#include <runtime/outbox.hpp>
#include <runtime/pending.hpp>
#include <runtime/recording_call.hpp>
#include <runtime/run_queue.hpp>
#include <runtime/run_set.hpp>
#include <runtime/run_state.hpp>
#include <runtime/shard.hpp>
#include <runtime/shared_clock.hpp>
#include <runtime/spare.hpp>
#include <runtime/stopwatch.hpp>
#include <runtime/task_changes.hpp>

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace rondo::runtime {

class strand_source;

/// The shell behind `manager`: it waits, spawns bodies, awaits the repository, and obeys the core.
/// All members below "strand" belong to it. The core is changed under `mutex_` too, as observers on other threads read
/// it. Whatever lives in the execution context owns the engine, which owns nothing there for good.
class engine final : public context_guest,
                     public clock_waiter,
                     public stretch_sink,
                     public std::enable_shared_from_this<engine> {
public:
    engine(boost::asio::any_io_executor executor, std::shared_ptr<rondo::repository> repository,
           manager_options options, const host& h = {}, shard place = {});
    ~engine();

    // Any thread.
    void enlist(); ///< once, after construction
    [[nodiscard]] boost::asio::any_io_executor executor() const { return executor_; }
    template <class F>
    void post(F f) {
        if (strand_) boost::asio::post(strand_, std::move(f));
    }
    template <class T>
    pending_ptr<T> wait_for(detail::completion<T> done) {
        return make_pending<T>(std::move(done), executor_, late_);
    }
    template <class T, class F>
    pending_ptr<T> wait_at(const engine& home, F f) { ///< `f` is called there; we answer
        return make_pending<T>(detail::completion<T>(std::move(f)), home.strand_, late_);
    }
    void look_after_late() noexcept; ///< strand
    [[nodiscard]] const std::shared_ptr<late_answers>& late() const noexcept { return late_; }
    void leave();
    void stats(bool with_hidden, std::vector<stat>& to) const; ///< adds them, in no order
    [[nodiscard]] result<stat> find(std::string_view uid) const;
    [[nodiscard]] manager_stat state() const;
    [[nodiscard]] std::vector<group_stat> groups() const;
    [[nodiscard]] result<core::preview> preview(std::string_view uid) const;
    void tell(const event_readers::reader_ptr& reader) { readers_.add(reader); }
    void log_exception(const char* where) noexcept; ///< that in flight
    void on_failure(const char* where) noexcept;    ///< likewise; strand
    // Strand: the operations of the manager.
    [[nodiscard]] result<void> get_ready();
    void open_repository(pending_ptr<start_report> done);
    void stay_fresh() noexcept;
    void add(waiter_ptr<void> done, task&& t, if_exists otherwise = if_exists::fail);
    void add_many(pending_ptr<bulk_report> done, std::vector<task> tasks, if_exists otherwise);
    void update(waiter_ptr<void> done, task&& t);
    void remove(waiter_ptr<void> done, const std::string& uid);
    void remove_many(pending_ptr<bulk_report> done, std::vector<std::string> uids);
    void pause(pending_ptr<void> done, std::string uid, pause_options how);
    void resume(pending_ptr<void> done, std::string uid, resume_from from);
    void pause_all(pending_ptr<void> done, std::optional<resume_from> resume); ///< or ends the pause
    void set_group(pending_ptr<void> done, const group& wanted);
    void trigger(pending_ptr<run_id>, std::string uid, std::vector<user> users, std::optional<overlap> how);
    void run_now(pending_ptr<run> done, std::string uid, std::vector<user> users,
                 std::optional<overlap> policy);
    void wait(pending_ptr<run> done, run_id id);
    void run_of(pending_ptr<std::optional<run>> done, run_id id);
    void cancel_run(pending_ptr<void> done, run_id id, std::string why);
    void cancel_task(pending_ptr<std::size_t> done, std::string uid, std::string why);
    void detach(pending_ptr<void> done, run_id id);
    void backfill(pending_ptr<backfill_progress> done, std::string uid, wall_time from, wall_time to,
                  overlap policy);
    void stop_backfill(std::string_view uid, const std::weak_ptr<pending<backfill_progress>>& who);
    void change_users(pending_ptr<void> done, std::vector<user> users, bool add); ///< or removes them
    void prune(pending_ptr<std::uint64_t> done, prune_policy policy);
    void shutdown(pending_ptr<shutdown_report> done, std::chrono::nanoseconds grace);
    /// Asks the repository; `done` gets the answer, or `store_timeout`.
    template <class T>
    void ask(pending_ptr<T> done, std::function<repository::awaitable<T>(rondo::repository&)> question);

private:
    enum class life : std::uint8_t { fresh, starting, running, draining, over };
    using state_ptr = std::shared_ptr<detail::run_state>;
    template <class T>
    using question = std::function<repository::awaitable<T>(rondo::repository&)>;
    template <class T>
    using answer = std::function<void(result<T>)>;

    void on_context_shutdown() noexcept override;
    void wake() noexcept override;
    void on_long_stretch(const stopwatch& w, std::chrono::nanoseconds d) noexcept override;

    // engine.cpp: time.
    boost::asio::awaitable<void> drive(std::shared_ptr<engine> self);
    boost::asio::awaitable<void> listen(std::shared_ptr<engine> self);
    [[nodiscard]] bool tick_guarded();
    void tick();
    [[nodiscard]] bool has_enough_to_do(instant now);
    [[nodiscard]] steady_time next_wakeup(instant now);
    void rearm();
    void spawn_driver();
    void bring_driver_back() noexcept;
    [[nodiscard]] bool is_alive() const noexcept { return life_ != life::fresh && life_ != life::over; }
    [[nodiscard]] bool needs_driver() const noexcept { return is_alive() || late_->any(); }
    template <class F>
    auto with_core(F f) {
        obey_left();
        std::lock_guard lock(mutex_);
        return f(core_);
    }

    // engine_obey.cpp: what the core wants.
    void obey();
    void obey_actions();
    void obey_left();
    void obey_or_later() noexcept;
    void settle();
    void obey(core::action& a);
    void obey_guarded(core::action& a) noexcept;
    [[nodiscard]] bool end_stillborn();
    void start_body(core::run_record& record);
    void end_run(const core::action& a);
    void tell_end(const core::action& a, run& r);
    void release_run(core::run_record& record);

    // engine_users.cpp
    void load_users();
    void begin_for_users(const std::vector<state_ptr>&, result<std::vector<user>>, std::uint64_t) noexcept;
    void begin_for(const state_ptr& state, const std::vector<user>* users, error_code why) noexcept;

    // engine_bodies.cpp
    void spawn(const state_ptr& state);
    void seat_soon();
    void seat_next();
    void give_seat(const state_ptr& state, steady_time until) noexcept;
    void cannot_begin(const state_ptr& state) noexcept;
    void open_seat(const std::shared_ptr<detail::body_seat>& seat, const state_ptr& state) noexcept;
    boost::asio::awaitable<void> take_turns(std::shared_ptr<engine> self,
                                            std::shared_ptr<detail::body_seat> seat, state_ptr state);
    void cancel_body(core::run_record& record);
    void end_body(const state_ptr& state, instant now);
    void ask_late(const state_ptr& state);

    // engine_retry.cpp: what goes on after the end of a run.
    void keep_for_followers(const core::action& a, ended_run& ended) noexcept;
    void retry_later(const core::action& a);
    void no_retry(const core::action& a);
    void on_backfill_done(const core::action& a);
    void tell_failure(const core::task_record& task, const run& last);
    void on_own_pause(const core::action& a);
    [[nodiscard]] task_update pause_of(const core::task_record& task);
    void record_pauses();
    void on_pauses_recorded(const std::vector<task_update>& updates, bool recorded);
    void body_ended(state_ptr state) noexcept;
    void drain_ended();
    void drain_later() noexcept;
    void take_results(detail::run_state& state, run& r);

    // engine_bulk.cpp
    [[nodiscard]] bool take_adds(std::size_t most) noexcept;
    void remove_soon() noexcept;
    void remove_some() noexcept;
    void put_off(const char* what) noexcept;
    [[nodiscard]] bool has_put_off() const noexcept;
    void do_put_off();

    // engine_remove.cpp: what of a task may still be on its way to the repository when it is gone.
    bool remove_one(waiter_ptr<void> done, const std::string& uid);
    void tell_soon() noexcept;
    void tell_gone() noexcept;
    void on_task_gone(const core::action& a);
    void note_parting(const core::task_record& task) noexcept;
    [[nodiscard]] bool waits_for_parting(const core::task_record& task) const;
    [[nodiscard]] std::size_t ready_adds();
    void look_at_partings() noexcept;

    // engine_record.cpp: the way to the repository.
    void record();
    boost::asio::awaitable<void> record_all(std::shared_ptr<engine> self);
    void cancel_recording();
    boost::asio::awaitable<void> record_in_turn();
    boost::asio::awaitable<void> record_some(std::size_t ends, std::size_t begins);
    void join_call() noexcept;
    [[nodiscard]] bool record_at_once();
    [[nodiscard]] std::optional<recorded_runs> ask_at_once();
    void on_recorded(recorded_runs said);
    void on_begins_recorded(std::vector<begin_answer> answers);
    void answer_some();
    void answer_soon();
    void answer_begins(std::size_t n);
    void begin_held(instant now) noexcept;
    void on_ends_recorded(const std::vector<finish_state>& states);
    void put_back_failed_begins();
    void put_back_failed_ends();
    boost::asio::awaitable<void> give_way();
    void on_recording_over() noexcept;
    void on_recording_failed() noexcept;
    void record_later(const char* what) noexcept;
    void put_back_called();
    void on_begin_answer(core::decision& d, const begin_answer& a, bool of_outage, instant now);
    [[nodiscard]] bool may_take_decisions() const noexcept;
    void take_decisions();
    void let_runs_ahead(std::size_t fresh); // engine_behind.cpp
    [[nodiscard]] bool may_run_ahead() const noexcept;

    // engine_outage.cpp: while it is down. Whether runs wait for it to work again:
    [[nodiscard]] bool waits_for_store() const noexcept {
        return outage_.down && options_.on_store_failure == on_store_failure::stop;
    }
    void tell_unrecorded(core::decision& d);
    void begin_unrecorded();
    void go_on_without_store();
    void on_store_failure(error_code why);
    [[nodiscard]] bool store_works() const noexcept;
    void on_store_up();
    void note_outage() noexcept;
    void on_store_overdue();
    void lose_cursor(const shared_string& uid);
    void trim_outbox();
    [[nodiscard]] bool outbox_too_full() const noexcept;
    void drop_oldest();
    void log_dropped(const shared_string& uid, const run* end);
    void tell_dropped(const run& r);
    void tell_dropped(const begin_request& r);
    void watch_soon(); // engine_shared.cpp: where others have the same tasks
    boost::asio::awaitable<void> watch(std::shared_ptr<engine> self);
    void on_news(const repository_news& news);
    void on_news(const task_news& n);
    [[nodiscard]] bool is_refused(core::decision& d, const begin_answer& a, instant now);
    void cancel_elsewhere(cancel_request what, answer<std::uint64_t> then);
    void on_lease_lost(core::run_record& run);

    struct pruning; // engine_prune.cpp
    void prune_on(const std::shared_ptr<pruning>& p);
    void prune_guarded(const std::shared_ptr<pruning>& p) noexcept;
    void end_pruning(pruning& p, error_code why) noexcept;
    void log_pruning_failed(error_code why) noexcept;
    void start_retention();
    void retain() noexcept;

    // engine_shutdown.cpp
    void on_shutdown_done();
    void check_drained();
    void finish_shutdown();
    void leave_in_parts();
    [[nodiscard]] bool leave_one();
    [[nodiscard]] bool leave_waiter();
    void report_stragglers(std::size_t bucket);
    void end_life();

    // engine_ask.cpp
    template <class T>
    void call(question<T> q, answer<T> then, std::function<void(error_code)> otherwise = nullptr);
    void expire_calls(instant now);
    void forget_answered_calls();

    // engine_add.cpp, and what of the record a new task needs: engine_follow.cpp, engine_rerun.cpp
    [[nodiscard]] result<core::task_record*> still_updatable(const shared_string& u, const core::task_spec&);
    void put_in_force(core::task_record& task, core::task_spec& spec);
    void tell_problems(const task& t, error_code why) noexcept;
    void let_joins_in(const shared_string& uid);
    void register_tasks();
    void register_soon() noexcept;
    void on_registered(add_batch& b, result<std::vector<task_state>> states);
    void on_registered(core::task_record& task, const waiter_ptr<void>& done, result<task_state> state,
                       const core::history_reader* on_record = nullptr);
    void go_live(core::task_record& task, const waiter_ptr<void>& done, result<task_state> state, instant now,
                 const core::history_reader* on_record = nullptr);
    void spoil(add_batch& b, error_code why);
    void register_on(core::task_record& t, const task_state& s, const waiter_ptr<void>& done, instant now);
    void read_abandoned(core::task_record& task, const task_state& state, waiter_ptr<void> done);
    void rerun_abandoned(core::task_record& task, bool live, instant now) noexcept;
    struct followed_reading;
    void read_followed(core::task_record& task, const task_state& state, moment from, waiter_ptr<void> done);
    void read_page(const std::shared_ptr<followed_reading>& reading);

    // engine_measure.cpp
    [[nodiscard]] state_ptr new_state();
    [[nodiscard]] std::optional<stopwatch> watch_for(const detail::run_state& state);
    [[nodiscard]] steady_time awake() const noexcept;
    void note_due(detail::run_state& state, const core::run_record& record) const;
    [[nodiscard]] steady_time elapsed() const noexcept;
    void note_begin(const detail::run_state& state, steady_time now);
    void note_lag(steady_time asked, bool expired);

    // engine_tell.cpp
    void publish(const event& e) noexcept;
    void let_bodies_go();
    [[nodiscard]] bool anybody_listens() const noexcept { return readers_.any(); }
    void log(log_level level, std::string_view text);
    [[nodiscard]] bool logs(log_level level) const noexcept;
    void tell_run(event_kind kind, const core::run_record& record, std::optional<outcome> how,
                  const std::string& message);
    void tell_skip(const core::action& a);
    void log_end(const run& r);

    [[nodiscard]] core::run_record* find_run(run_id id);
    template <class F>
    void steer_run(pending_ptr<void> done, run_id id, F f);
    template <class F>
    void change_pause(pending_ptr<void> done, const std::string& uid, task_update update, F in_force);
    [[nodiscard]] error_code misplaced(const task& t) noexcept;
    [[nodiscard]] result<core::task_record*> live_task(std::string_view uid);
    [[nodiscard]] error_code usable() const;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<strand_source> strands_; // of the bodies, and the next
    boost::asio::any_io_executor strand_;    // ours
    spare_blocks::owner spare_states_ = spare_blocks::open();
    std::shared_ptr<rondo::repository> repository_;
    manager_options options_;
    const shard place_;
    std::shared_ptr<host_clock> host_clock_; // null if the user brought a clock
    std::shared_ptr<clock> clock_owner_;     // of the next but one, if it is not the user's
    sharing sharing_;                        // of the repository
    clock& clock_;
    clock_watch watch_; // strand
    std::atomic<bool> context_gone_ = false;

    mutable std::mutex mutex_; // guards core_ against observers, and state_
    core::scheduler core_;
    manager_stat state_; // the part that the core does not know, but for the next two
    core::atomic_lateness start_delay_;
    core::atomic_lateness loop_lag_;
    event_readers readers_;
    run_queue ready_; // whose bodies are to begin
    run_queue ended_; // whose bodies have ended
    std::shared_ptr<late_answers> late_ = std::make_shared<late_answers>();

    life life_ = life::fresh;                    // strand, as is all that follows
    boost::asio::steady_timer* timer_ = nullptr; // the driver's, while it is there
    bool driver_lost_ = false;                   // for want of memory
    steady_time armed_ = steady_time::min();
    steady_time busy_since_ = steady_time::max(); // as `has_enough_to_do` counts it
    run_set runs_;                                // those with a body; the `runner` of a record points in
    std::vector<core::run_record*> stillborn_;    // grows never, so that it can be filled without memory
    std::vector<state_ptr> want_users_;
    known_users users_;
    std::unordered_map<run_id, std::vector<pending_ptr<run>>> run_waiters_;
    std::unordered_map<run_id, chain> chains_; // by the latest attempt, while it may have followers
    std::map<std::string, pending_ptr<backfill_progress>, std::less<>> backfills_;
    std::map<std::string, task_update, std::less<>> own_pauses_;        // and their ends, not on record yet
    std::map<std::string, task_update, std::less<>> pauses_on_the_way_; // of these
    bool recording_pauses_ = false;
    steady_time pauses_at_ = steady_time::max();
    steady_time prune_at_ = steady_time::max();
    bool prune_failed_ = false;                 // the latest time
    steady_time drain_at_ = steady_time::max(); // for want of memory
    bool obeying_ = false;
    task_changes changes_;
    std::deque<std::shared_ptr<awaited_call>> calls_; // in the order of their deadlines
    std::vector<pending_ptr<shutdown_report>> shutdown_waiters_;
    std::optional<shutdown_report> report_;
    std::optional<leaving> leaving_; // once it is over, and while something is to be let go of
    steady_time drain_until_ = steady_time::max();
    outbox outbox_;
    recording_state recording_;
    outage outage_;
    recording_call call_; // by which they go on record
    answered_begins answered_;
    const part_sizes parts_ = part_sizes::of(repository_.get());
};

} // namespace rondo::runtime

#endif // RONDO_RUNTIME_ENGINE_HPP
