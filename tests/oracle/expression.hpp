// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_ORACLE_EXPRESSION_HPP
#define RONDO_TESTS_ORACLE_EXPRESSION_HPP

#include <rondo/cron_options.hpp>

#include "dice.hpp"

#include <string>
#include <vector>

namespace rondo::oracle {

/// One item of a list.
struct item {
    enum class form { star, value, range };

    form what = form::star;
    int from = 0;
    int to = 0;   ///< of a range; 7 is the Sunday at the end of a week
    int step = 0; ///< 0: none is written
};

/// `L-nW`, `L-n` and `nW` in the day of the month, `nL` and `n#nth` in the day of the week.
struct mark {
    enum class form { last, last_workday, near_workday, last_weekday, nth_weekday };

    form what;
    int n;
    int nth = 0;
};

struct field {
    int low = 0;
    int high = 0;
    std::vector<item> items;
    std::vector<mark> marks;
    bool question = false;
};

/// An expression as it is meant. Days of the week count from Sunday, 0, in every dialect.
struct expression {
    cron_dialect dialect = cron_dialect::unix_;
    bool has_second = false;
    bool has_year = false;
    field second{0, 59, {}, {}};
    field minute{0, 59, {}, {}};
    field hour{0, 23, {}, {}};
    field day{1, 31, {}, {}};
    field month{1, 12, {}, {}};
    field weekday{0, 6, {}, {}};
    field year{1970, 2199, {}, {}};
};

/// A random one. Its year field, if it has one, names years about `year`; many name hours about `hour`.
[[nodiscard]] expression random_expression(dice& d, int year, int hour);

/// As it is written, with some liberties: names, zeros in front, either Sunday.
[[nodiscard]] std::string text_of(const expression& e, dice& d);

} // namespace rondo::oracle

#endif // RONDO_TESTS_ORACLE_EXPRESSION_HPP
