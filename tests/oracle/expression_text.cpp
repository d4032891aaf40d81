// SPDX-License-Identifier: BSL-1.0
#include "expression.hpp"

#include <array>
#include <cctype>
#include <string_view>

namespace rondo::oracle {
namespace {

constexpr std::array<std::string_view, 13> month_names = {"",    "jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 8> weekday_names = {"sun", "mon", "tue", "wed",
                                                           "thu", "fri", "sat", "sun"};

std::string in_some_case(std::string_view name, dice& d) {
    std::string text;
    bool loud = d.chance(50);
    for (char c : name) text += loud || d.chance(20) ? static_cast<char>(std::toupper(c)) : c;
    return text;
}

std::string padded(int n, dice& d) {
    return d.chance(5) ? "0" + std::to_string(n) : std::to_string(n);
}

class writer {
public:
    writer(const expression& e, dice& d) : e_(e), dice_(d) {}

    std::string write() {
        std::string text;
        if (e_.has_second) text += write(e_.second) + blank();
        text +=
            write(e_.minute) + blank() + write(e_.hour) + blank() + write(e_.day) + blank() + write(e_.month);
        text += blank() + write(e_.weekday);
        if (e_.has_year) text += blank() + write(e_.year);
        return text;
    }

private:
    std::string blank() { return dice_.chance(3) ? " \t" : " "; }

    std::string write(const field& f) {
        if (f.question) return "?";
        std::string text;
        auto append = [&](const std::string& part) { text += (text.empty() ? "" : ",") + part; };
        for (const item& i : f.items) append(write(f, i));
        for (const mark& m : f.marks) append(write(f, m));
        return text;
    }

    std::string write(const field& f, const item& i) {
        bool weekday_range = &f == &e_.weekday && i.what == item::form::range;
        std::string text = "*";
        if (i.what != item::form::star)
            text = value(f, i.from, weekday_range ? i.to > 0 && i.to < 7 : i.step == 0);
        if (weekday_range)
            text += "-" + last_of_week(f, i);
        else if (i.what == item::form::range)
            text += "-" + value(f, i.to, false);
        if (i.step != 0) text += "/" + padded(i.step, dice_);
        return text;
    }

    // 0-7 is written 1-7 in Quartz, where 1-1 would be Sunday alone. 7-0 is not accepted.
    std::string last_of_week(const field& f, const item& i) {
        if (i.to != 7) return value(f, i.to, false);
        if (e_.dialect == cron_dialect::quartz) return i.from == 0 ? "7" : value(f, 0, false);
        if (i.from == 0) return "7";
        return value(f, dice_.chance(50) ? 0 : 7, false);
    }

    std::string write(const field& f, const mark& m) {
        std::string back = m.n == 0 ? "" : "-" + std::to_string(m.n);
        switch (m.what) {
        case mark::form::last: return "L" + back;
        case mark::form::last_workday: return "L" + back + "W";
        case mark::form::near_workday: return padded(m.n, dice_) + "W";
        case mark::form::last_weekday: return value(f, m.n, true) + "L";
        case mark::form::nth_weekday: return value(f, m.n, true) + "#" + std::to_string(m.nth);
        }
        return "";
    }

    // `either_sunday`: whether 7 may stand for 0.
    std::string value(const field& f, int n, bool either_sunday) {
        if (&f == &e_.month && dice_.chance(30)) return in_some_case(month_names[std::size_t(n)], dice_);
        if (&f != &e_.weekday) return padded(n, dice_);
        if (dice_.chance(30)) return in_some_case(weekday_names[std::size_t(n)], dice_);
        if (e_.dialect == cron_dialect::quartz) return padded(n + 1, dice_);
        return padded(n == 0 && either_sunday && dice_.chance(40) ? 7 : n, dice_);
    }

    const expression& e_;
    dice& dice_;
};

} // namespace

std::string text_of(const expression& e, dice& d) {
    return writer(e, d).write();
}

} // namespace rondo::oracle
