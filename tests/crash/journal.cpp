// SPDX-License-Identifier: BSL-1.0
#include <crash/journal.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace rondo::crash {
namespace {

std::int64_t since_boot() {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

} // namespace

std::string hex(const run_id& id) {
    return fmt::format("{:016x}{:016x}", id.high, id.low);
}

journal::journal(const std::string& path, std::uint64_t life)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)), life_(life) {
    if (descriptor_ < 0) throw std::runtime_error("cannot open " + path);
}

journal::~journal() {
    ::close(descriptor_);
}

void journal::write_line(std::string line) const {
    if (line.size() >= journal_line) throw std::runtime_error("too long for a line of the journal: " + line);
    line.resize(journal_line - 1, ' ');
    line += '\n';
    ssize_t n = -1;
    do {
        n = ::write(descriptor_, line.data(), line.size());
    } while (n < 0 && errno == EINTR);
    if (n != static_cast<ssize_t>(line.size())) throw std::runtime_error("cannot write to the journal");
}

void journal::body_line(char kind, const context& c, std::string_view how) const {
    write_line(fmt::format("{} {} {} {} {} {} {} {} {}", kind, life_, since_boot(), hex(c.id()),
                           c.uid().view(), c.scheduled_at().time_since_epoch().count(), c.attempt(),
                           to_string(c.trigger()), how));
}

void journal::life_begins() const {
    write_line(fmt::format("L {} {} - - 0 0 - -", life_, since_boot()));
}

void journal::task_paused(std::string_view uid) const {
    write_line(fmt::format("P {} {} - {} 0 0 - -", life_, since_boot(), uid));
}

void journal::life_ends() const {
    write_line(fmt::format("Q {} {} - - 0 0 - -", life_, since_boot()));
}

void journal::body_begins(const context& c) const {
    body_line('B', c, "-");
}

void journal::body_ends(const context& c, std::string_view how) const {
    body_line('E', c, how);
}

void journal::end_acknowledged(const run& r) const {
    write_line(fmt::format("F {} {} {} {} {} {} {} {}", life_, since_boot(), hex(r.id), r.uid.view(),
                           r.scheduled_at.time_since_epoch().count(), r.attempt, to_string(r.trigger),
                           to_string(*r.outcome)));
}

std::vector<entry> read_journal(const std::string& path) {
    std::vector<entry> entries;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        entry e;
        char kind = 0;
        std::istringstream in(line);
        in >> kind >> e.life >> e.boot >> e.id >> e.uid >> e.slot >> e.attempt >> e.trigger >> e.how;
        const bool whole = line.size() == journal_line - 1 && !file.eof();
        if (!in || !whole || std::string_view("LPBEFQ").find(kind) == std::string_view::npos)
            throw std::runtime_error("no line of a journal: " + line);
        e.kind = static_cast<entry_kind>(kind);
        entries.push_back(std::move(e));
    }
    return entries;
}

} // namespace rondo::crash
