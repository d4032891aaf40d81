// SPDX-License-Identifier: BSL-1.0
#include <rondo/outcome_set.hpp>
#include <rondo/words.hpp>

#include <array>
#include <cstddef>

namespace rondo {
namespace {

constexpr std::array<std::string_view, 5> triggers{"schedule", "manual", "catch_up", "retry", "backfill"};
constexpr std::array<std::string_view, 6> outcomes{"success",   "failed",      "timed_out",
                                                   "cancelled", "interrupted", "abandoned"};
constexpr std::array<std::string_view, 5> skip_reasons{"overlap", "missed", "paused", "not_owner",
                                                       "buffer_full"};
constexpr std::array<std::string_view, 2> statuses{"waiting", "running"};
constexpr std::array<std::string_view, 5> overlaps{"skip", "allow_all", "buffer_one", "buffer_all",
                                                   "cancel_other"};
constexpr std::array<std::string_view, 4> records{"write_ahead", "write_behind", "failures_only", "none"};
constexpr std::array<std::string_view, 8> cancel_reasons{"none",    "requested", "timeout", "shutdown",
                                                         "removed", "overlap",   "parent",  "lease_lost"};
constexpr std::array<std::string_view, 4> log_levels{"debug", "info", "warning", "error"};

template <class Enum, std::size_t N>
std::string_view word_of(const std::array<std::string_view, N>& words, Enum value) noexcept {
    auto index = static_cast<std::size_t>(value);
    return index < N ? words[index] : std::string_view("unknown");
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& words, std::string_view word) noexcept {
    for (std::size_t i = 0; i != N; ++i)
        if (words[i] == word) return static_cast<Enum>(i);
    return std::nullopt;
}

} // namespace

std::string_view to_string(trigger t) noexcept {
    return word_of(triggers, t);
}
std::string_view to_string(outcome o) noexcept {
    return word_of(outcomes, o);
}
std::string_view to_string(skip_reason r) noexcept {
    return word_of(skip_reasons, r);
}
std::string_view to_string(status s) noexcept {
    return word_of(statuses, s);
}
std::string_view to_string(overlap o) noexcept {
    return word_of(overlaps, o);
}
std::string_view to_string(record r) noexcept {
    return word_of(records, r);
}
std::string_view to_string(cancel_reason r) noexcept {
    return word_of(cancel_reasons, r);
}
std::string_view to_string(log_level l) noexcept {
    return word_of(log_levels, l);
}

std::optional<trigger> trigger_from(std::string_view word) noexcept {
    return value_of<trigger>(triggers, word);
}
std::optional<outcome> outcome_from(std::string_view word) noexcept {
    return value_of<outcome>(outcomes, word);
}
std::optional<skip_reason> skip_reason_from(std::string_view word) noexcept {
    return value_of<skip_reason>(skip_reasons, word);
}

std::string to_string(outcome_set s) {
    if (s.empty()) return "none";
    if (s == any_outcome) return "any";
    std::string joined;
    for (std::size_t i = 0; i != outcomes.size(); ++i) {
        if (!s.contains(static_cast<outcome>(i))) continue;
        if (!joined.empty()) joined += '|';
        joined += outcomes[i];
    }
    return joined;
}

} // namespace rondo
