// SPDX-License-Identifier: BSL-1.0
#include <crash/campaign.hpp>

#include <crash/checker.hpp>
#include <crash/dice.hpp>
#include <crash/old_file.hpp>
#include <crash/process.hpp>
#include <crash/worker.hpp>

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <sys/wait.h>

namespace rondo::crash {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::chrono::microseconds patience = 120s; // for a worker that is to end by itself

/// Removed with what is in it, unless it is to be looked at.
class workplace {
public:
    workplace() {
        std::string pattern = (fs::temp_directory_path() / "rondo-crash-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder to work in");
        folder_ = pattern;
    }
    workplace(const workplace&) = delete;
    workplace& operator=(const workplace&) = delete;
    ~workplace() {
        std::error_code ignored;
        if (!keep) fs::remove_all(folder_, ignored);
    }

    [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

    bool keep = false;

private:
    fs::path folder_;
};

class player {
public:
    explicit player(const campaign& c) : campaign_(c), dice_(c.seed) {
        orders_.database = place_.path("tasks.db");
        orders_.journal = place_.path("journal");
        orders_.seed = c.seed;
        orders_.tasks = c.tasks;
        orders_.normal = c.normal;
        orders_.flaw = c.flaw;
    }

    campaign_report play() {
        const auto plans = make_plans(campaign_.seed, campaign_.tasks);
        if (campaign_.old_file) make_old_file(orders_.database, plans);
        while (report_.kills != campaign_.kills && report_.found.ok()) end_badly();
        if (report_.found.ok()) end_well();
        if (report_.found.ok()) look(plans);
        place_.keep = !report_.found.ok() && campaign_.flaw.empty();
        if (place_.keep)
            report_.found.complaints.insert(report_.found.complaints.begin(), "see " + place_.path(""));
        return report_;
    }

private:
    void next_life() {
        ++orders_.life;
        orders_.luck = dice_.roll();
        orders_.kill_at = orders_.cut_at = orders_.quit_after = 0;
        orders_.shift = campaign_.shifts ? dice_.between(-1'500'000, 1'500'000) : 0;
    }

    // How many changes of the disk there are before the end. A few are those of a start.
    std::uint64_t last_change() {
        if (campaign_.old_file && orders_.life <= 6) return 1 + dice_.below(60);
        return 1 + dice_.below(dice_.one_in(4) ? 60 : 1500);
    }

    void end_badly() {
        next_life();
        std::chrono::microseconds until(dice_.between(0, dice_.one_in(4) ? 40'000 : 350'000));
        const bool in_write = campaign_.power || (campaign_.old_file && orders_.life <= 6) || dice_.one_in(3);
        if (in_write) {
            (campaign_.power ? orders_.cut_at : orders_.kill_at) = last_change();
            until = campaign_.power ? patience : 600ms;
        }
        // Some are on their way to an orderly end, and a few get there.
        if (dice_.one_in(6)) orders_.quit_after = static_cast<std::uint64_t>(dice_.between(0, 150));
        process worker(orders_.to_arguments(), place_.path("log"));
        const auto status = worker.wait_for(until);
        worker.kill();
        const bool itself = status && WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL;
        report_.in_writes += itself ? 1 : 0;
        report_.kills += !status || itself ? 1 : 0;
        if (status && !itself && !(orders_.quit_after != 0 && *status == 0))
            fail(fmt::format("life {} ended by itself, with status {:#x}", orders_.life, *status));
    }

    void end_well() {
        next_life();
        orders_.shift = 0;
        orders_.quit_after = 100;
        process worker(orders_.to_arguments(), place_.path("log"));
        const auto status = worker.wait_for(patience);
        ended_at_ = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
        if (!status)
            fail(fmt::format("life {} does not end", orders_.life));
        else if (*status != 0)
            fail(fmt::format("life {} ended with status {:#x}", orders_.life, *status));
    }

    void look(const std::vector<plan>& plans) {
        try {
            tolerance t;
            t.lost_tail = campaign_.power && campaign_.normal;
            t.clock_shifts = campaign_.shifts;
            t.ended_at = ended_at_;
            const auto journal = read_journal(orders_.journal);
            report_.found.add(check(read_record(orders_.database), journal, plans, t));
        } catch (const std::exception& e) {
            fail(e.what());
        }
    }

    void fail(const std::string& what) { report_.found.complain(report_.found.unexplained, what); }

    const campaign& campaign_;
    dice dice_;
    workplace place_;
    worker_orders orders_;
    campaign_report report_;
    std::int64_t ended_at_ = 0; // of the wall clock
};

} // namespace

campaign_report play(const campaign& c) {
    return player(c).play();
}

} // namespace rondo::crash
