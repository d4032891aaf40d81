// SPDX-License-Identifier: BSL-1.0
#include <options.hpp>

#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

namespace rondo::bench {
namespace {

template <class T>
bool read_number(std::string_view text, T min, T max, T& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= min && value <= max;
}

// Takes one option with its value; false if it is not one of those, or the value is bad.
bool take_valued(options& o, std::string_view name, std::string_view value) {
    if (name == "--json") return o.json_file = value, !value.empty();
    if (name == "--only") return o.only = value, !value.empty();
    if (name == "--seconds") return read_number(value, 0.01, 3600.0, o.seconds);
    if (name == "--rounds") return read_number(value, 1, 100, o.rounds);
    if (name == "--history") return read_number<std::uint64_t>(value, 100, 100'000'000, o.history);
    return false;
}

} // namespace

options parse(std::span<const char* const> arguments) {
    options o;
    for (std::size_t i = 0; i < arguments.size() && o.error.empty(); ++i) {
        std::string_view name = arguments[i];
        if (name == "--help") {
            o.help = true;
        } else if (name == "--quick") {
            o.quick = true;
        } else if (i + 1 == arguments.size() || !take_valued(o, name, arguments[i + 1])) {
            o.error = "bad argument " + std::string(name);
        } else {
            ++i;
        }
    }
    return o;
}

extent options::how_much() const {
    extent e;
    if (quick) {
        e.window = std::chrono::milliseconds(200);
        e.idle_tasks_max = 100'000;
        e.history_runs = 20'000;
    }
    if (history > 0) e.history_runs = history;
    if (seconds > 0)
        e.window =
            std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
    return e;
}

} // namespace rondo::bench
