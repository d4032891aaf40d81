// SPDX-License-Identifier: BSL-1.0
#include <cron/walk.hpp>
#include <rondo/combine.hpp>

#include <algorithm>
#include <utility>

namespace rondo {
namespace {

using crontab::one_tick;

class either_rule final : public schedule_rule {
public:
    explicit either_rule(std::vector<schedule> members) : members_(std::move(members)) {}

    moment next_after(wall_time t, wall_time anchor) const override {
        moment first;
        for (const schedule& m : members_)
            if (moment next = m.next_after(t, anchor); next && (!first || *next < *first)) first = next;
        return first;
    }

    moment previous_before(wall_time t, wall_time anchor) const override {
        moment last;
        for (const schedule& m : members_)
            if (moment previous = m.previous_before(t, anchor); previous && (!last || *previous > *last))
                last = previous;
        return last;
    }

    // The densest is counted at once; of each other one, the slots that none before it has.
    std::uint64_t count(wall_time after, wall_time until, wall_time anchor) const override {
        std::size_t densest = 0;
        std::uint64_t n = 0;
        for (std::size_t i = 0; i != members_.size(); ++i)
            if (auto slots = members_[i].count(after, until, anchor); slots > n) n = slots, densest = i;
        for (std::size_t i = 0; i != members_.size(); ++i) {
            if (i == densest) continue;
            for (moment t = members_[i].next_after(after, anchor); t && *t <= until;
                 t = members_[i].next_after(*t, anchor)) {
                bool shared = fires(densest, *t, anchor);
                for (std::size_t before = 0; before != i && !shared; ++before)
                    shared = before != densest && fires(before, *t, anchor);
                if (!shared) ++n;
            }
        }
        return n;
    }

    std::string text() const override { return join("either(", ", ", ")", &schedule::text); }
    std::string describe() const override { return join("", "; or ", "", &schedule::describe); }

    std::string explain(wall_time t, wall_time anchor) const override {
        std::string none;
        for (const schedule& m : members_) {
            std::string why = m.text() + ": " + m.explain(t, anchor);
            if (m.count(t - one_tick, t, anchor) != 0) return why;
            none += (none.empty() ? "" : "; ") + why;
        }
        return none;
    }

    std::string problem() const override {
        if (members_.empty()) return "either() of nothing";
        for (const schedule& m : members_) {
            if (!m.has_times()) return m.text() + " has no times of its own, so it cannot be combined";
            if (auto bad = m.problem(); !bad.empty()) return bad;
        }
        return {};
    }

    std::shared_ptr<const schedule_rule> for_uid(std::string_view uid) const override {
        std::vector<schedule> bound;
        for (const schedule& m : members_) bound.push_back(m.for_uid(uid));
        return std::make_shared<either_rule>(std::move(bound));
    }

    bool countable() const override {
        return std::ranges::all_of(
            members_, [](const schedule& m) { return m.rule() == nullptr || m.rule()->countable(); });
    }

private:
    bool fires(std::size_t member, wall_time t, wall_time anchor) const {
        return members_[member].count(t - one_tick, t, anchor) != 0;
    }

    std::string join(std::string text, std::string_view between, std::string_view end,
                     std::string (schedule::*part)() const) const {
        for (std::size_t i = 0; i != members_.size(); ++i) {
            if (i != 0) text += between;
            text += (members_[i].*part)();
        }
        return text.append(end);
    }

    std::vector<schedule> members_;
};

} // namespace

schedule either(std::vector<schedule> members) {
    return schedule(std::make_shared<either_rule>(std::move(members)));
}

} // namespace rondo
