// SPDX-License-Identifier: BSL-1.0
// Writes a database for check.py as a server would, and with --hold keeps it open until stdin ends.
#include <repository/blocking.hpp>

#include <rondo/sqlite.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

namespace {

using namespace rondo;
using testing::blocking;

task_definition task_of(const char* uid, const char* name, const char* schedule) {
    task_definition t;
    t.uid = shared_string(uid);
    t.name = shared_string(name);
    t.schedule = schedule;
    t.first_slot = testing::at(1'800'000'000);
    return t;
}

/// A run of `uid` that starts at second `n`, and ends as `o` after 1.5 s; none: it is in flight.
void add_run(repository& r, std::string_view uid, std::uint64_t n, std::optional<outcome> o,
             const char* message = "") {
    (void)blocking(r.begin_runs(testing::one_begin(uid, n))).value();
    if (!o) return;
    auto end = testing::one_end(uid, n, message);
    end[0].run.outcome = *o;
    end[0].run.finished_at = end[0].run.started_at + std::chrono::milliseconds(1'500);
    (void)blocking(r.finish_runs(end)).value();
}

/// Slots of `uid` a second apart.
void add_skips(repository& r, const char* uid, skip_reason why, std::int64_t first, std::int64_t last) {
    begin_request skipped;
    skipped.uid = shared_string(uid);
    skipped.moves_cursor = false;
    skipped.skipped =
        skip_range{why, testing::at(first), testing::at(last), static_cast<std::uint64_t>(last - first + 1)};
    (void)blocking(r.begin_runs({skipped})).value();
}

void fill(repository& r) {
    (void)blocking(r.start(testing::at(0))).value();
    auto finished = task_of("done", "over", "once");
    finished.first_slot.reset();
    auto waits = task_of("delay", "waits", "every_after 90s");
    waits.first_slot = cursor_waits_for_end;
    auto hidden = task_of("secret", "hidden", "every 1h");
    hidden.hidden = true;
    auto evil = task_of("evil\n\x1b[31m", "\x1b]0;owned\x07", "every 5s");
    (void)blocking(r.register_tasks({task_of("backup",
                                             "nightly b\xc3\xa4"
                                             "ckup",
                                             "cron 30 2 * * * zone=Europe/Brussels"),
                                     finished, waits, hidden, evil}))
        .value();
    task_update pause;
    pause.uid = shared_string("evil\n\x1b[31m");
    pause.paused = true;
    blocking(r.update_tasks({pause})).value();
    for (std::uint64_t n = 1; n <= 62; ++n) add_run(r, "backup", n, outcome::success);
    add_run(r, "backup", 63, outcome::failed, "disk\nfull \x1b[2J");
    add_run(r, "backup", 64, outcome::timed_out);
    add_run(r, "backup", 65, outcome::cancelled);
    add_run(r, "backup", 66, outcome::interrupted);
    add_run(r, "backup", 67, outcome::abandoned);
    add_run(r, "backup", 68, std::nullopt);
    add_run(r, "done", 69, outcome::success, "it is over");
    add_skips(r, "done", skip_reason::missed, 90, 90);
    add_skips(r, "backup", skip_reason::overlap, 200, 300);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    auto opened = sqlite::open(argv[1]);
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.error().message().c_str());
        return 1;
    }
    fill(*opened.value());
    if (argc < 3 || std::string_view(argv[2]) != "--hold") return 0;
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}
