// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_CRON_HPP
#define RONDO_CRON_HPP

#include <rondo/cron_options.hpp>
#include <rondo/detail/cron_literal.hpp>
#include <rondo/schedule.hpp>

#include <string>
#include <vector>

namespace rondo {

/// A cron expression that comes at run time, in a time zone. Converts to `schedule`:
///
///     rondo::task nightly("nightly", "", rondo::cron_schedule("30 2 * * *").zone("Europe/Brussels"), body);
///
/// Beside the fields of its dialect an expression may be `@yearly`, `@annually`, `@monthly`, `@weekly`,
/// `@daily`, `@midnight`, `@hourly`, `@reboot` (which never fires) or `@every 1h30m` (units d, h, m, s, ms,
/// us), which is `every(90min)`. `H` in a field stands for a value drawn from the uid of the task, always
/// the same one: `H H(0-3) * * *`; `H/15` for each 15th from such a value on.
///
/// If both day fields are restricted, a day that either allows will do; `*`, `?` and `*/1` do not restrict.
///
/// What is wrong is said by `error()`, and adding the task fails with `errc::invalid_schedule`.
class cron_schedule {
public:
    explicit cron_schedule(std::string expression, cron_dialect dialect = cron_dialect::unix_)
        : text_(std::move(expression)), dialect_(dialect) {}

    /// IANA name, as "Europe/Brussels". Default: "UTC".
    cron_schedule& zone(std::string name) { return zone_ = std::move(name), *this; }
    /// Default: `gap_rule::run_at_end`.
    cron_schedule& gap(gap_rule rule) noexcept { return gap_ = rule, *this; }
    /// Default: `overlap_rule::first`.
    cron_schedule& overlap(overlap_rule rule) noexcept { return overlap_ = rule, *this; }

    [[nodiscard]] bool valid() const { return error().empty(); }
    /// What is wrong, as "field 'day of week', column 9: 8 is out of range 0-7"; empty if nothing is.
    [[nodiscard]] std::string error() const;
    /// The column, from 1, that `error()` is about; 0 if it is about none.
    [[nodiscard]] int error_column() const;
    /// What is valid but hardly meant: a day that never comes, `*/2` in a day field beside the other one.
    [[nodiscard]] std::vector<std::string> warnings() const;

    [[nodiscard]] const std::string& expression() const noexcept { return text_; }

    operator schedule() const;

private:
    std::string text_;
    std::string zone_ = "UTC";
    cron_dialect dialect_;
    gap_rule gap_ = gap_rule::run_at_end;
    overlap_rule overlap_ = overlap_rule::first;
};

/// `cron<"0 3 * * *">`: an expression that is checked when it is compiled. Converts to `schedule`, and
/// takes `.zone(…)`, `.gap(…)` and `.overlap(…)` as `cron_schedule` does. The dialect may follow:
/// `cron<"0 0 9 LW * ?", cron_dialect::quartz>`.
template <detail::literal Expression, cron_dialect Dialect = cron_dialect::unix_>
struct cron_constant {
    static_assert(detail::is_cron(Expression.view(), Dialect), "not a cron expression of that dialect");

    [[nodiscard]] cron_schedule get() const { return cron_schedule(std::string(Expression.view()), Dialect); }
    [[nodiscard]] cron_schedule zone(std::string name) const { return get().zone(std::move(name)); }
    [[nodiscard]] cron_schedule gap(gap_rule rule) const { return get().gap(rule); }
    [[nodiscard]] cron_schedule overlap(overlap_rule rule) const { return get().overlap(rule); }
    operator schedule() const { return get(); }
};

template <detail::literal Expression, cron_dialect Dialect = cron_dialect::unix_>
inline constexpr cron_constant<Expression, Dialect> cron{};

} // namespace rondo

#endif // RONDO_CRON_HPP
