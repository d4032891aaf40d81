// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "expression.hpp"
#include "instant.hpp"

#include <rondo/detail/cron_parser.hpp>

#include <cron/zone.hpp>
#include <cron/zoned_times.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace rondo::command {
namespace {

// No line that can be answered is longer: an expression has at most 1,000 bytes, each tab written as two.
constexpr std::size_t line_size_max = 4'096;
constexpr std::size_t read_size = 1 << 18;
constexpr std::size_t written_size = 1 << 20;
constexpr std::size_t zones_max = 2'000; // there are 600; the rest is somebody's noise

class zone_cache {
public:
    const std::shared_ptr<const crontab::zone>& find(std::string_view name) {
        if (auto known = zones_.find(name); known != zones_.end()) return known->second;
        if (zones_.size() >= zones_max) zones_.clear();
        return zones_.emplace(std::string(name), crontab::find_zone(name)).first->second;
    }

private:
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>()(s); }
    };
    std::unordered_map<std::string, std::shared_ptr<const crontab::zone>, hash, std::equal_to<>> zones_;
};

/// Answers one line after the other into one buffer.
class answerer {
public:
    explicit answerer(int count) : count_(count) {}

    void answer(std::string_view line) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > line_size_max || !answer_columns(line)) out_ += "INVALID";
        out_ += '\n';
        if (out_.size() >= written_size) write();
    }

    void write() {
        std::string_view rest = out_;
        while (!rest.empty()) {
            auto n = ::write(STDOUT_FILENO, rest.data(), rest.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) throw usage_error(fmt::format("cannot write: {}", std::strerror(errno)));
            rest.remove_prefix(static_cast<std::size_t>(n));
        }
        out_.clear();
    }

private:
    bool answer_columns(std::string_view line) {
        std::array<std::string_view, 4> columns;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            auto tab = line.find('\t');
            bool last = i + 1 == columns.size();
            if ((tab == line.npos) != last) return false;
            columns[i] = line.substr(0, tab);
            line.remove_prefix(last ? line.size() : tab + 1);
        }
        auto dialect = dialect_from(columns[1]);
        auto start = parse_instant(columns[3]);
        if (!dialect || !start) return false;
        const auto& zone = zones_.find(columns[2]);
        if (zone == nullptr) return false;
        auto parsed = detail::parse_cron(unescape(columns[0]), *dialect);
        if (!parsed.ok()) return false;
        append_instants(crontab::zoned_times(parsed.fields, zone, gap_rule::run_at_end, overlap_rule::first),
                        *start);
        return true;
    }

    // `\t` in an expression stands for a tab.
    std::string_view unescape(std::string_view text) {
        if (text.find('\\') == text.npos) return text;
        unescaped_.clear();
        for (std::size_t i = 0; i < text.size(); ++i) {
            bool tab = text.substr(i, 2) == "\\t";
            unescaped_ += tab ? '\t' : text[i];
            if (tab) ++i;
        }
        return unescaped_;
    }

    void append_instants(const crontab::zoned_times& times, crontab::utc_seconds t) {
        for (int i = 0; i < count_; ++i) {
            if (i != 0) out_ += ',';
            auto found = times.next_after(t);
            if (!found || *found < first_ || *found > last_) {
                out_ += "NEVER";
                return;
            }
            append_instant(out_, t = *found);
        }
    }

    static constexpr crontab::utc_seconds first_ =
        std::chrono::floor<std::chrono::seconds>(wall_time_first).time_since_epoch().count();
    static constexpr crontab::utc_seconds last_ =
        std::chrono::floor<std::chrono::seconds>(wall_time_last).time_since_epoch().count();

    zone_cache zones_;
    std::string out_;
    std::string unescaped_;
    int count_;
};

std::size_t read_some(char* to, std::size_t size) {
    for (;;) {
        auto n = ::read(STDIN_FILENO, to, size);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EINTR) throw usage_error(fmt::format("cannot read: {}", std::strerror(errno)));
    }
}

} // namespace

int next_lines(int count) {
    answerer to(count);
    std::vector<char> buffer(read_size + line_size_max + 2);
    std::size_t kept = 0;  // of a line whose end is still to come
    bool too_long = false; // that line is; its beginning is not kept
    for (;;) {
        auto got = read_some(buffer.data() + kept, read_size);
        if (got == 0) break;
        std::string_view text(buffer.data(), kept + got);
        for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
            to.answer(too_long ? std::string_view("") : text.substr(0, end));
            too_long = false;
            text.remove_prefix(end + 1);
        }
        if (text.size() > line_size_max + 1) too_long = true;
        kept = too_long ? 0 : text.size();
        std::memmove(buffer.data(), text.data(), kept);
        to.write(); // whoever waits for an answer before asking more gets it
    }
    if (too_long || kept != 0)
        to.answer(too_long ? std::string_view("") : std::string_view(buffer.data(), kept));
    to.write();
    return exit_ok;
}

} // namespace rondo::command
