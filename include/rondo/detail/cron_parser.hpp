// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DETAIL_CRON_PARSER_HPP
#define RONDO_DETAIL_CRON_PARSER_HPP

#include <rondo/cron_options.hpp>
#include <rondo/detail/cron_fields.hpp>
#include <rondo/detail/cron_scanner.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rondo::detail {

inline constexpr std::size_t cron_text_size_max = 1'000;

/// A number that spreads: FNV-1a of `text`, mixed. The same on each machine, for ever.
[[nodiscard]] constexpr std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0) noexcept {
    std::uint64_t h = 0xcbf29ce484222325 ^ seed;
    for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
    h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
    return h ^ (h >> 31);
}

/// Text to fields, in one pass and without allocation, also at compile time.
class cron_parser {
public:
    /// `hash`: of the uid, for `H`; without one `H` is an error.
    constexpr cron_parser(std::string_view text, cron_dialect dialect,
                          std::optional<std::uint64_t> hash) noexcept
        : text_(text), hash_(hash), dialect_(dialect) {}

    [[nodiscard]] constexpr cron_parsed parse() noexcept {
        if (text_.size() > cron_text_size_max)
            return fail({cron_problem::too_long, cron_field::none, 1, 0, 0, 0, int(cron_text_size_max)}),
                   out_;
        split();
        if (count_ == 0) return fail({cron_problem::empty, cron_field::none, 1, 0, 0, 0, 0}), out_;
        if (text_[bounds_[0].begin] == '@') return nickname(), out_;
        if (count_is_wrong()) return out_;
        bool second_given = count_ > 5;
        std::size_t i = 0;
        out_.fields.second_given = second_given;
        if (second_given) {
            out_.fields.seconds = 0;
            field(cron_field::second, bounds_[i++]);
        }
        for (auto f :
             {cron_field::minute, cron_field::hour, cron_field::day, cron_field::month, cron_field::weekday})
            field(f, bounds_[i++]);
        if (i < count_) {
            out_.fields.year_given = true;
            field(cron_field::year, bounds_[i]);
        }
        check_questions(second_given ? 3 : 2);
        return out_;
    }

private:
    struct bounds {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    struct range {
        int low;
        int high;
        int step_max;
    };

    static constexpr std::string_view month_names = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    static constexpr std::string_view weekday_names = "SUNMONTUEWEDTHUFRISAT";

    [[nodiscard]] constexpr bool has_marks() const noexcept {
        return dialect_ == cron_dialect::extended || dialect_ == cron_dialect::quartz;
    }
    [[nodiscard]] constexpr bool failed() const noexcept { return !out_.ok(); }

    constexpr void fail(cron_error e) noexcept {
        if (!failed()) out_.error = e;
    }
    constexpr void fail(cron_problem p, std::size_t at, std::size_t length, int value = 0, int low = 0,
                        int high = 0) noexcept {
        fail({p, field_, static_cast<std::uint16_t>(at + 1), static_cast<std::uint16_t>(length), value, low,
              high});
    }

    constexpr void split() noexcept {
        std::size_t at = 0;
        while (at < text_.size()) {
            while (at < text_.size() && is_blank(text_[at])) ++at;
            std::size_t begin = at;
            while (at < text_.size() && !is_blank(text_[at])) ++at;
            if (begin == at) break;
            if (count_ < bounds_.size()) bounds_[count_] = {begin, at};
            ++count_;
        }
    }
    static constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

    [[nodiscard]] constexpr bool count_is_wrong() noexcept {
        std::size_t low = dialect_ == cron_dialect::unix_ || dialect_ == cron_dialect::extended ? 5 : 6;
        std::size_t high = dialect_ == cron_dialect::unix_ ? 5 : 7;
        if (count_ >= low && count_ <= high) return false;
        std::size_t at = count_ > high ? bounds_[high].begin : bounds_[0].begin;
        fail(cron_problem::field_count, at, 0, int(count_), int(low), int(high));
        return true;
    }

    constexpr void nickname() noexcept {
        auto word = text_.substr(bounds_[0].begin, bounds_[0].end - bounds_[0].begin);
        if (word == "@every") return fail(cron_problem::interval, bounds_[0].begin, word.size());
        std::string_view meaning;
        if (word == "@yearly" || word == "@annually") meaning = "0 0 1 1 *";
        if (word == "@monthly") meaning = "0 0 1 * *";
        if (word == "@weekly") meaning = "0 0 * * 0";
        if (word == "@daily" || word == "@midnight") meaning = "0 0 * * *";
        if (word == "@hourly") meaning = "0 * * * *";
        if (count_ != 1 || (meaning.empty() && word != "@reboot"))
            return fail(cron_problem::nickname, bounds_[0].begin, word.size());
        if (meaning.empty()) {
            out_.fields.reboot = true;
            return;
        }
        out_ = cron_parser(meaning, cron_dialect::unix_, {}).parse();
    }

    [[nodiscard]] constexpr range range_of(cron_field f) const noexcept {
        switch (f) {
        case cron_field::hour: return {0, 23, 23};
        case cron_field::day: return {1, 31, 31};
        case cron_field::month: return {1, 12, 12};
        case cron_field::weekday: return dialect_ == cron_dialect::quartz ? range{1, 7, 7} : range{0, 7, 7};
        case cron_field::year: return {cron_year_first, cron_year_last, cron_year_last};
        default: return {0, 59, 59};
        }
    }

    constexpr void field(cron_field f, bounds b) noexcept {
        field_ = f;
        bool starts_with_star = text_[b.begin] == '*';
        bool by_time = f == cron_field::second || f == cron_field::minute || f == cron_field::hour;
        if (starts_with_star && by_time) out_.fields.frequent = true;
        for (std::size_t at = b.begin; !failed();) {
            std::size_t end = at;
            while (end < b.end && text_[end] != ',') ++end;
            item(cron_scanner(text_, at, end), end - at == b.end - b.begin);
            if (end == b.end) break;
            at = end + 1;
        }
    }

    constexpr void item(cron_scanner in, bool alone) noexcept {
        bool day = field_ == cron_field::day;
        bool weekday = field_ == cron_field::weekday;
        if (in.done()) return fail(cron_problem::value_missing, in.at(), 1);
        if (in.peek() == '?') return question(in, alone);
        if (in.peek() == '*') return star(in);
        if (in.peek() == 'H' && field_ != cron_field::year) return hashed(in);
        if (in.peek() == 'L' && (day || weekday)) return last(in);
        std::size_t begin = in.at();
        auto from = value(in);
        if (!from) return;
        if (day && in.peek() == 'W') return near(in, *from);
        if (weekday && in.peek() == 'L') return last_weekday(in, *from);
        if (weekday && in.peek() == '#') return nth_weekday(in, *from);
        auto [low, high, step_max] = range_of(field_);
        int to = *from;
        bool ranged = in.take('-');
        if (ranged) {
            auto end = value(in);
            if (!end) return;
            to = *end;
        }
        int step = 1;
        bool stepped = in.peek() == '/';
        if (!step_of(in, step)) return;
        if (!ended(in)) return;
        if (stepped && !ranged) to = field_ == cron_field::weekday && high == 7 && low == 0 ? 6 : high;
        if (weekday) return weekday_range(begin, in.at() - begin, *from, to, step);
        if (to < *from) return fail(cron_problem::reversed, begin, in.at() - begin, *from, low, to);
        add(*from, to, step);
    }

    constexpr void question(cron_scanner in, bool alone) noexcept {
        bool day = field_ == cron_field::day;
        if (!has_marks() || (!day && field_ != cron_field::weekday))
            return fail(cron_problem::not_here, in.at(), 1);
        std::size_t at = in.at();
        in.take('?');
        if (!alone || !in.done()) return fail(cron_problem::not_alone, at, 1);
        (day ? out_.fields.any_day : out_.fields.any_weekday) = true;
    }

    constexpr void star(cron_scanner in) noexcept {
        in.take('*');
        auto [low, high, step_max] = range_of(field_);
        int step = 1;
        if (!step_of(in, step) || !ended(in)) return;
        if (field_ == cron_field::day) (step == 1 ? out_.fields.any_day : out_.fields.step_in_day) = true;
        if (field_ == cron_field::weekday) {
            (step == 1 ? out_.fields.any_weekday : out_.fields.step_in_weekday) = true;
            for (int d = 0; d < 7; d += step) out_.fields.weekdays |= static_cast<std::uint8_t>(1U << d);
            return;
        }
        add(low, high, step);
    }

    // `H`, `H/step`, `H(low-high)`, `H(low-high)/step`: a value, or the first of a row, drawn from the uid.
    constexpr void hashed(cron_scanner in) noexcept {
        std::size_t begin = in.at();
        in.take('H');
        auto [low, high, step_max] = range_of(field_);
        if (field_ == cron_field::day) high = 28; // so that no month is left out
        if (field_ == cron_field::weekday && low == 0) high = 6;
        if (in.take('(')) {
            std::size_t at = in.at();
            auto from = value(in);
            if (!from) return;
            if (!in.take('-')) return fail(cron_problem::unexpected, in.at(), 1);
            auto to = value(in);
            if (!to) return;
            if (*to < *from) return fail(cron_problem::reversed, at, in.at() - at, *from, low, *to);
            if (!in.take(')')) return fail(cron_problem::unexpected, in.at(), 1);
            low = *from;
            high = *to;
        }
        int step = high - low + 1;
        bool stepped = in.peek() == '/';
        if (!step_of(in, step) || !ended(in)) return;
        if (!hash_) return fail(cron_problem::hash_unknown, begin, 1);
        out_.fields.hashed = true;
        auto spread = static_cast<std::uint64_t>(step < high - low + 1 ? step : high - low + 1);
        std::uint64_t drawn = stable_hash("H", *hash_ + static_cast<std::uint64_t>(field_)) % spread;
        int first = low + static_cast<int>(drawn);
        for (int v = first; v <= high; v += step) {
            if (field_ == cron_field::weekday)
                out_.fields.weekdays |= static_cast<std::uint8_t>(1U << weekday_index(v));
            else
                add(v, v, 1);
            if (!stepped) break;
        }
    }

    // `L`, `L-n`, `LW`, `L-nW` in the day of the month; in Quartz's day of the week `L` is Saturday.
    constexpr void last(cron_scanner in) noexcept {
        std::size_t begin = in.at();
        in.take('L');
        if (!has_marks()) return fail(cron_problem::not_here, begin, 1);
        if (field_ == cron_field::weekday) {
            if (dialect_ != cron_dialect::quartz || !in.done())
                return fail(cron_problem::not_here, begin, in.word_length(begin));
            out_.fields.weekdays |= 1U << 6;
            return;
        }
        int before = 0;
        if (in.take('-')) {
            std::size_t at = in.at();
            auto n = in.number();
            if (!n) return fail(cron_problem::number_needed, at, 1);
            if (*n < 1 || *n > 30) return fail(cron_problem::out_of_range, at, in.at() - at, *n, 1, 30);
            before = *n;
        }
        bool near_last = in.take('W');
        if (!ended(in)) return;
        (near_last ? out_.fields.near_from_last : out_.fields.days_from_last) |= std::uint32_t(1) << before;
    }

    constexpr void near(cron_scanner in, int day) noexcept {
        if (!has_marks()) return fail(cron_problem::not_here, in.at(), 1);
        in.take('W');
        if (ended(in)) out_.fields.near_days |= std::uint32_t(1) << day;
    }

    constexpr void last_weekday(cron_scanner in, int day) noexcept {
        if (!has_marks()) return fail(cron_problem::not_here, in.at(), 1);
        in.take('L');
        if (ended(in)) out_.fields.last_weekdays |= static_cast<std::uint8_t>(1U << weekday_index(day));
    }

    constexpr void nth_weekday(cron_scanner in, int day) noexcept {
        if (!has_marks()) return fail(cron_problem::not_here, in.at(), 1);
        in.take('#');
        std::size_t at = in.at();
        auto n = in.number();
        if (!n) return fail(cron_problem::number_needed, at, 1);
        if (*n < 1 || *n > 5) return fail(cron_problem::out_of_range, at, in.at() - at, *n, 1, 5);
        if (ended(in))
            out_.fields.nth_weekdays[std::size_t(*n)] |= static_cast<std::uint8_t>(1U << weekday_index(day));
    }

    [[nodiscard]] constexpr int weekday_index(int value) const noexcept {
        return dialect_ == cron_dialect::quartz ? value - 1 : value % 7;
    }

    // A range that ends on Sunday goes to the end of the week, one that starts there begins it.
    constexpr void weekday_range(std::size_t at, std::size_t length, int from, int to, int step) noexcept {
        if (from == 7 && to == 0 && dialect_ != cron_dialect::quartz)
            return fail(cron_problem::reversed, at, length, from, 0, to);
        int first = weekday_index(from);
        int end = weekday_index(to);
        if (end == 0 && from != to) end = 7;
        if (end < first) return fail(cron_problem::reversed, at, length, from, 0, to);
        for (int d = first; d <= end; d += step)
            out_.fields.weekdays |= static_cast<std::uint8_t>(1U << (d % 7));
    }

    constexpr std::optional<int> value(cron_scanner& in) noexcept {
        std::size_t at = in.at();
        auto [low, high, step_max] = range_of(field_);
        std::optional<int> v;
        if (field_ == cron_field::month) v = in.name(month_names);
        if (v) return *v + 1;
        if (field_ == cron_field::weekday) v = in.name(weekday_names);
        if (v) return *v + (dialect_ == cron_dialect::quartz ? 1 : 0);
        v = in.number();
        if (!v) {
            bool named = field_ == cron_field::month || field_ == cron_field::weekday;
            auto problem =
                is_letter(in.peek()) && named ? cron_problem::name_unknown : cron_problem::number_needed;
            return fail(in.done() ? cron_problem::value_missing : problem, at, in.word_length(at)),
                   std::nullopt;
        }
        if (*v < low || *v > high)
            return fail(cron_problem::out_of_range, at, in.at() - at, *v, low, high), std::nullopt;
        return v;
    }

    // Takes `/n` if it is there. False if it is wrong.
    constexpr bool step_of(cron_scanner& in, int& step) noexcept {
        if (!in.take('/')) return true;
        std::size_t at = in.at();
        auto n = in.number();
        if (!n) return fail(cron_problem::number_needed, at, in.word_length(at)), false;
        int most = range_of(field_).step_max;
        if (*n < 1 || *n > most) return fail(cron_problem::step_range, at, in.at() - at, *n, 1, most), false;
        step = *n;
        return true;
    }

    constexpr bool ended(const cron_scanner& in) noexcept {
        if (in.done()) return true;
        bool mark = in.peek() == 'L' || in.peek() == 'W' || in.peek() == '#' || in.peek() == '?';
        return fail(mark ? cron_problem::not_here : cron_problem::unexpected, in.at(),
                    in.word_length(in.at())),
               false;
    }

    constexpr void add(int from, int to, int step) noexcept {
        for (int v = from; v <= to; v += step) {
            switch (field_) {
            case cron_field::second: out_.fields.seconds |= std::uint64_t(1) << v; break;
            case cron_field::minute: out_.fields.minutes |= std::uint64_t(1) << v; break;
            case cron_field::hour: out_.fields.hours |= std::uint32_t(1) << v; break;
            case cron_field::day: out_.fields.days |= std::uint32_t(1) << v; break;
            case cron_field::month: out_.fields.months |= static_cast<std::uint16_t>(1U << v); break;
            case cron_field::year: out_.fields.years.add(v - cron_year_first); break;
            default: break;
            }
        }
    }

    constexpr void check_questions(std::size_t day_field) noexcept {
        if (failed() || dialect_ != cron_dialect::quartz) return;
        const bounds& day = bounds_[day_field];
        const bounds& weekday = bounds_[day_field + 2];
        if ((text_[day.begin] == '?') != (text_[weekday.begin] == '?')) return;
        field_ = cron_field::weekday;
        fail(cron_problem::one_question, weekday.begin, weekday.end - weekday.begin);
    }

    std::string_view text_;
    std::optional<std::uint64_t> hash_;
    cron_parsed out_;
    std::array<bounds, 8> bounds_{};
    std::size_t count_ = 0;
    cron_field field_ = cron_field::none;
    cron_dialect dialect_;
};

[[nodiscard]] constexpr cron_parsed parse_cron(std::string_view text,
                                               cron_dialect dialect = cron_dialect::unix_,
                                               std::optional<std::uint64_t> hash = std::nullopt) noexcept {
    return cron_parser(text, dialect, hash).parse();
}

} // namespace rondo::detail

#endif // RONDO_DETAIL_CRON_PARSER_HPP
