// SPDX-License-Identifier: BSL-1.0
#include "expression.hpp"

#include <algorithm>

namespace rondo::oracle {
namespace {

item random_item(dice& d, int low, int high, int step_max) {
    item i;
    int kind = d.pick_int(1, 100);
    if (kind <= 55) {
        i.what = item::form::value;
        i.from = d.pick_int(low, high);
        if (d.chance(10)) i.step = d.pick_int(1, step_max);
    } else if (kind <= 85) {
        i.what = item::form::range;
        i.from = d.pick_int(low, high);
        i.to = d.pick_int(i.from, high);
        if (d.chance(30)) i.step = d.pick_int(1, d.chance(70) ? std::min(9, step_max) : step_max);
    } else {
        i.step = d.pick_int(1, d.chance(70) ? std::min(9, step_max) : step_max);
    }
    return i;
}

void fill(field& f, dice& d, int star_percent, int low, int high, int step_max) {
    if (d.chance(star_percent)) {
        f.items.push_back({});
        if (!d.chance(5)) return;
    }
    int n = d.chance(60) ? 1 : d.pick_int(2, 4);
    for (int i = 0; i != n; ++i) f.items.push_back(random_item(d, low, high, step_max));
    if (d.chance(2)) f.items.push_back({});
}

void fill_day(field& f, dice& d, bool marks) {
    if (!marks || !d.chance(50)) return fill(f, d, 50, 1, 31, 31);
    if (d.chance(25)) fill(f, d, 0, 1, 31, 31);
    int n = d.chance(70) ? 1 : 2;
    for (int i = 0; i != n; ++i) {
        int kind = d.pick_int(1, 4);
        int back = d.chance(40) ? 0 : d.pick_int(1, 30);
        if (kind == 1) f.marks.push_back({mark::form::last, back});
        if (kind == 2) f.marks.push_back({mark::form::last_workday, back});
        if (kind >= 3) f.marks.push_back({mark::form::near_workday, d.pick_int(1, 31)});
    }
}

void fill_weekday(field& f, dice& d, bool marks) {
    if (!marks || !d.chance(40)) {
        fill(f, d, 45, 0, 6, 7);
        for (item& i : f.items)
            if (i.what == item::form::range && d.chance(25)) i.to = 7;
        return;
    }
    if (d.chance(25)) fill(f, d, 0, 0, 6, 7);
    int n = d.chance(70) ? 1 : 2;
    for (int i = 0; i != n; ++i) {
        if (d.chance(35))
            f.marks.push_back({mark::form::last_weekday, d.pick_int(0, 6)});
        else
            f.marks.push_back({mark::form::nth_weekday, d.pick_int(0, 6), d.pick_int(1, 5)});
    }
}

field question_of(const field& f) {
    return {f.low, f.high, {}, {}, true};
}

void fill_days(expression& e, dice& d) {
    bool marks = e.dialect == cron_dialect::extended || e.dialect == cron_dialect::quartz;
    fill_day(e.day, d, marks);
    fill_weekday(e.weekday, d, marks);
    if (e.dialect == cron_dialect::quartz || (marks && d.chance(20))) {
        field& one = d.chance(50) ? e.day : e.weekday;
        one = question_of(one);
        if (e.dialect == cron_dialect::extended && d.chance(10)) e.day = question_of(e.day);
    }
}

} // namespace

expression random_expression(dice& d, int year, int hour) {
    expression e;
    e.dialect = static_cast<cron_dialect>(d.pick_int(0, 3));
    bool second_needed = e.dialect == cron_dialect::seconds || e.dialect == cron_dialect::quartz;
    e.has_second = second_needed || (e.dialect == cron_dialect::extended && d.chance(50));
    e.has_year = e.has_second && d.chance(20);
    if (d.chance(70))
        e.second.items.push_back({item::form::value});
    else
        fill(e.second, d, 15, 0, 59, 59);
    fill(e.minute, d, 15, 0, 59, 59);
    bool about = d.chance(60);
    fill(e.hour, d, 20, about ? std::max(0, hour - 2) : 0, about ? std::min(23, hour + 2) : 23, 23);
    fill_days(e, d);
    fill(e.month, d, 60, 1, 12, 12);
    if (e.has_year) fill(e.year, d, 20, std::max(1970, year - 2), std::min(2199, year + 6), 9);
    return e;
}

} // namespace rondo::oracle
