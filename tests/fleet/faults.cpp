// SPDX-License-Identifier: BSL-1.0
#include <fleet/faults.hpp>

#include <fleet/node.hpp>
#include <fleet/process.hpp>
#include <fleet/proxy.hpp>

#include <support/postgres_server.hpp>

#include <rondo/postgres.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace rondo::fleet {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr const char* schema = "fleet";
constexpr milliseconds lease = 2s;
constexpr milliseconds interval = 200ms;
constexpr milliseconds other_interval = 300ms; // of those whose definition changes
constexpr int changing = 5;

/// A folder that goes with it.
class scratch {
public:
    explicit scratch(bool keep) : keep_(keep) {
        std::string name = (std::filesystem::temp_directory_path() / "rondo-fleet-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no folder for the fleet can be made");
        path_ = name;
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        std::error_code ignored;
        if (!keep_) std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    bool keep_;
    std::filesystem::path path_;
};

/// One of the machines.
struct machine {
    std::filesystem::path folder;
    std::unique_ptr<proxy> network;
    std::unique_ptr<process> node; ///< null: it is off
    bool faulty = false;           ///< one thing at a time
};

// What is still to begin, apart from slots to come: what all are asked for, and what is to be run again.
std::string count_not_begun() {
    return fmt::format(
        "select (select count(*) from fleet.asked_run) + (select count(*) from fleet.run where attempt < "
        "attempts_max and (outcome = 'abandoned' or outcome = 'interrupted' and message = '{}'))",
        lease_lost_message);
}

class campaign {
public:
    explicit campaign(const campaign_options& o) : options_(o), dice_(o.seed), folder_(o.keep), io_(1) {}

    campaign_report run() {
        std::exception_ptr failed;
        asio::co_spawn(io_, all(), [&](std::exception_ptr e) { failed = std::move(e); });
        io_.run();
        if (failed) std::rethrow_exception(failed);
        campaign_report r;
        r.faults = faults_;
        r.seed = options_.seed;
        if (options_.keep) r.folder = folder_.path().string();
        database db(server_.connection_string(), schema);
        const record_of_fleet record = db.read();
        r.found = check(record, read_effects(effects()), [](std::string_view uid) { return rules_of(uid); });
        check_asked(record, r.found);
        for (const std::string& uid : behind_) {
            ++r.found.stuck;
            r.found.lines.push_back(fmt::format("{}: its slots are not decided any more", uid));
        }
        r.found.stuck += left_;
        if (left_ > 0) r.found.lines.push_back(fmt::format("{} nodes did not end well", left_));
        if (options_.keep) keep(record, r.found);
        return r;
    }

private:
    // Of the tasks that something was found of: the database is gone soon.
    void keep(const record_of_fleet& record, const findings& found) const {
        std::set<std::string_view> uids;
        for (const std::string& line : found.lines)
            uids.insert(std::string_view(line).substr(0, line.find(':')));
        const auto us = [](moment t) { return t ? t->time_since_epoch().count() : 0; };
        std::ofstream to(folder_.path() / "record");
        for (const run_on_record& r : record.runs)
            if (uids.contains(r.uid))
                to << fmt::format("{} {} {} {} {} {} {}\n", r.uid, us(r.slot), to_string(r.trigger),
                                  r.attempt, r.token, r.outcome ? to_string(*r.outcome) : "running",
                                  us(r.finished));
        for (const skip_on_record& s : record.skips)
            if (uids.contains(s.uid))
                to << fmt::format("{} {} {} {} {}\n", s.uid, us(s.slots.first), us(s.slots.last),
                                  s.slots.count, to_string(s.slots.reason));
    }

    static rules rules_of(std::string_view uid) {
        const int n = std::stoi(std::string(uid.substr(uid.rfind('-') + 1)));
        return {interval, n < changing ? other_interval : milliseconds(0), runs_again(n), is_exclusive(n)};
    }

    // Each that was on record is a run; that it is one is for the others to find out.
    void check_asked(const record_of_fleet& record, findings& found) {
        std::set<std::string_view> runs;
        for (const run_on_record& r : record.runs)
            if (r.lease_until) runs.insert(r.id); // else it was only said to have ended
        found.asked = asked_.size();
        for (const std::string& id : asked_) {
            if (runs.contains(id)) continue;
            ++found.lost;
            found.lines.push_back(fmt::format("run {} was asked for, and never begun", id));
        }
    }

    [[nodiscard]] std::string effects() const { return (folder_.path() / "effects").string(); }
    [[nodiscard]] std::uint64_t dice(std::uint64_t most) { return dice_() % (most + 1); }
    [[nodiscard]] milliseconds between(milliseconds least, milliseconds most) {
        return least + milliseconds(dice(static_cast<std::uint64_t>((most - least).count())));
    }

    asio::awaitable<void> wait(milliseconds d) {
        asio::steady_timer timer(io_, d);
        co_await timer.async_wait(asio::use_awaitable);
    }

    asio::awaitable<void> all() {
        const std::string real = server_.connection_string(); // `host=FOLDER …`
        const std::string_view host = std::string_view(real).substr(5, real.find(' ') - 5);
        for (int i = 0; i != options_.nodes; ++i) {
            machine m;
            m.folder = folder_.path() / fmt::format("n{}", i);
            m.network = std::make_unique<proxy>(io_.get_executor(), m.folder, std::filesystem::path(host));
            machines_.push_back(std::move(m));
        }
        for (machine& m : machines_) switch_on(m);
        store_ = outsider();
        const auto end = std::chrono::steady_clock::now() + options_.length;
        while (std::chrono::steady_clock::now() < end) {
            co_await wait(between(100ms, 500ms));
            one_fault();
            show();
        }
        co_await come_to_rest();
    }

    [[nodiscard]] milliseconds skew() {
        const auto most = milliseconds(10min);
        return between(-most, most);
    }

    void switch_on(machine& m) {
        node_orders o;
        o.server = "host=" + m.folder.string() +
                   server_.connection_string().substr(server_.connection_string().find(' '));
        o.schema = schema;
        o.effects = effects();
        o.name = fmt::format("{}.{}", m.folder.filename().string(), ++started_);
        o.tasks = options_.tasks;
        o.changing = changing;
        o.interval = interval;
        o.changed = other_definition_ ? other_interval : interval;
        o.body_max = interval / 2;
        o.lease = lease;
        o.skew = skew();
        m.node = std::make_unique<process>(words_of(o), (m.folder / "log").string());
    }

    // Who has no tasks, and asks those who have.
    [[nodiscard]] std::shared_ptr<repository> outsider() const {
        postgres::options o;
        o.schema = schema;
        o.unsafe_server = true;
        o.lease = lease;
        o.operation_timeout = lease * 3 / 10;
        o.log = {};
        return postgres::open(server_.connection_string(), o).value();
    }

    // Until it is known to be on record.
    asio::awaitable<void> ask_for_run(std::string uid) {
        const run_request r{{dice_(), dice_()}, shared_string(uid), {}, 1h};
        for (;;) {
            const auto done = co_await store_->ask_for_run(r);
            if (done) break;
            co_await wait(50ms);
        }
        asked_.push_back(to_string(r.id));
    }

    asio::awaitable<void> ask_to_cancel(std::string uid) {
        const cancel_request r{{}, shared_string(uid), "a storm"};
        (void)co_await store_->ask_to_cancel(r);
    }

    void spawn(asio::awaitable<void> work) {
        under_way_ += 1;
        asio::co_spawn(io_, std::move(work), [this](std::exception_ptr e) {
            under_way_ -= 1;
            if (e) std::rethrow_exception(e);
        });
    }

    void one_fault() {
        ++faults_;
        machine& m = machines_[dice(machines_.size() - 1)];
        const std::uint64_t which = dice(99);
        if (which < 10) return again_later(m, 0ms, [&m](bool begin) { m.network->reset(), (void)begin; });
        if (which < 20) return end_a_session();
        if (which < 24) return crash_server();
        if (which < 50) return words(m);
        if (which < 53) return m.node->tell(fmt::format("set {}\n", skew().count()));
        if (m.faulty) return words(m);
        if (which < 70) return power_off(m);
        if (which < 75) return retire(m);
        const milliseconds how_long = between(lease / 20, lease * 3);
        if (which < 79)
            return again_later(m, how_long, [&m, how_long](bool begin) {
                if (begin) m.node->tell(fmt::format("block {}\n", how_long.count()));
            });
        if (which < 89)
            return again_later(m, how_long, [&m](bool begin) { m.node->signal(begin ? SIGSTOP : SIGCONT); });
        again_later(m, how_long, [&m](bool begin) { m.network->swallow(begin); });
    }

    // For so long; then it is over.
    template <class F>
    void again_later(machine& m, milliseconds d, F f) {
        f(true);
        if (d == 0ms) return;
        m.faulty = true;
        spawn(end_later(m, d, std::move(f)));
    }
    template <class F>
    asio::awaitable<void> end_later(machine& m, milliseconds d, F f) {
        co_await wait(d);
        f(false);
        m.faulty = false;
    }

    void power_off(machine& m) {
        m.node->kill();
        if (dice(5) == 0) other_definition_ = !other_definition_; // the next to come has it
        again_later(m, between(1ms, 1s), [this, &m](bool begin) {
            if (!begin) switch_on(m);
        });
    }

    // In order, as far as it gets.
    void retire(machine& m) {
        m.node->close_input();
        again_later(m, between(100ms, 2 * lease), [this, &m](bool begin) {
            if (!begin) switch_on(m); // ends what is left of it
        });
    }

    // A storm of them now and then.
    void words(machine& m) {
        const std::uint64_t many = dice(9) == 0 ? 50 : 3;
        for (std::uint64_t n = 0; n != many; ++n) {
            const std::string uid =
                uid_of(static_cast<int>(dice(static_cast<std::uint64_t>(options_.tasks) - 1)));
            const std::uint64_t what = dice(7);
            if (what <= 1) m.node->tell("pause " + uid + "\n");
            if (what <= 3) machines_[dice(machines_.size() - 1)].node->tell("resume " + uid + "\n");
            if (what == 4) m.node->tell("run " + uid + "\n");
            if (what == 5) m.node->tell("cancel " + uid + "\n");
            if (what == 6) spawn(ask_for_run(uid));
            if (what == 7) spawn(ask_to_cancel(uid));
        }
    }

    void end_a_session() {
        database db(server_.connection_string(), schema);
        (void)db.ask(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rondo' "
            "order by random() limit 1");
    }

    void crash_server() {
        server_.stop_at_once();
        server_.start();
    }

    void show() const {
        if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{} faults ", faults_);
    }

    // Nothing happens any more: what was left is taken over, and run again; then the nodes end in order.
    asio::awaitable<void> come_to_rest() {
        while (under_way_ > 0) co_await wait(50ms);
        for (machine& m : machines_) // each behind the pauses that it has not come to yet
            for (int n = 0; n != options_.tasks; ++n) m.node->tell("resume " + uid_of(n) + "\n");
        co_await wait(lease * 3);
        {
            database db(server_.connection_string(), schema);
            const auto limit = std::chrono::steady_clock::now() + 10 * lease;
            while (db.ask(count_not_begun()) !=
                   "0") { // one after the other, where it must be, and bodies may be long
                if (std::chrono::steady_clock::now() > limit) break; // and then it is missed
                co_await wait(50ms);
            }
            behind_ = behind(db.read_tasks(), lease); // nodes are cut off while we are at it
        }
        for (machine& m : machines_) m.node->close_input();
        const auto limit = std::chrono::steady_clock::now() + 10 * lease;
        for (machine& m : machines_) {
            while (!m.node->status() && std::chrono::steady_clock::now() < limit) co_await wait(20ms);
            if (m.node->status() != 0) ++left_;
            m.node->kill();
            m.network->stop();
        }
    }

    campaign_options options_;
    std::mt19937_64 dice_;
    scratch folder_;
    testing::postgres_server server_;
    asio::io_context io_;
    std::vector<machine> machines_;
    std::shared_ptr<repository> store_; // of nobody's
    std::vector<std::string> asked_;    // ids of runs
    std::uint64_t faults_ = 0;
    int started_ = 0;
    int under_way_ = 0;
    bool other_definition_ = false;
    std::vector<std::string> behind_;
    std::uint64_t left_ = 0;
};

} // namespace

campaign_report run(const campaign_options& o) {
    campaign_options with_seed = o;
    if (o.seed == 0) with_seed.seed = std::random_device()();
    return campaign(with_seed).run();
}

} // namespace rondo::fleet
