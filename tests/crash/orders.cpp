// SPDX-License-Identifier: BSL-1.0
#include <crash/worker.hpp>

#include <charconv>
#include <map>
#include <string_view>
#include <system_error>

namespace rondo::crash {
namespace {

template <class T>
bool read(std::string_view text, T& value) {
    const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
    return r.ec == std::errc() && r.ptr == text.data() + text.size();
}

} // namespace

std::vector<std::string> worker_orders::to_arguments() const {
    return {"--database",   database,
            "--journal",    journal,
            "--life",       std::to_string(life),
            "--seed",       std::to_string(seed),
            "--tasks",      std::to_string(tasks),
            "--luck",       std::to_string(luck),
            "--normal",     normal ? "1" : "0",
            "--shift",      std::to_string(shift),
            "--flaw",       flaw,
            "--kill-at",    std::to_string(kill_at),
            "--cut-at",     std::to_string(cut_at),
            "--quit-after", std::to_string(quit_after)};
}

std::optional<worker_orders> orders_from(const std::vector<std::string>& arguments) {
    worker_orders o;
    int normal = 0;
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        const std::string& name = arguments[i];
        const std::string& value = arguments[i + 1];
        const std::map<std::string_view, std::string*> texts{
            {"--database", &o.database}, {"--journal", &o.journal}, {"--flaw", &o.flaw}};
        const std::map<std::string_view, std::uint64_t*> numbers{{"--life", &o.life},
                                                                 {"--seed", &o.seed},
                                                                 {"--tasks", &o.tasks},
                                                                 {"--luck", &o.luck},
                                                                 {"--kill-at", &o.kill_at},
                                                                 {"--cut-at", &o.cut_at},
                                                                 {"--quit-after", &o.quit_after}};
        if (const auto text = texts.find(name); text != texts.end())
            *text->second = value;
        else if (const auto number = numbers.find(name); number != numbers.end()) {
            if (!read(value, *number->second)) return std::nullopt;
        } else if (name == "--normal" ? !read(value, normal) : name != "--shift" || !read(value, o.shift))
            return std::nullopt;
    }
    o.normal = normal != 0;
    if (o.database.empty() || o.journal.empty()) return std::nullopt;
    return o;
}

} // namespace rondo::crash
