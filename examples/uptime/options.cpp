// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace uptime {

const std::string_view usage = R"(usage: rondo-uptime [--endpoint URL]... [--database FILE] [--for SECONDS]

Probes endpoints over HTTP every 2 seconds and shows how they do. History, and the phase of the
tasks, survive a restart and a crash.

  --endpoint URL   http://host[:port][/path]; may be given several times
                   (default: four small ones of its own, one flaky and one down)
  --database FILE  where history is kept (default: uptime.db); created if it is not there. Or postgresql://…,
                   which several of these may have at once: each probe is made by one of them
  --for SECONDS    how long to serve (default: until SIGINT or SIGTERM)
  --help           this text
)";

namespace {

constexpr std::size_t url_size_max = 1000; // it is the id of a user, which has at most 1,024 bytes

[[noreturn]] void refuse(std::string_view option, std::string_view value, std::string_view why) {
    std::string shown; // one line, whatever the caller wrote
    for (char c : value.substr(0, 200)) shown += static_cast<unsigned char>(c) < ' ' || c == 127 ? '?' : c;
    throw usage_error(fmt::format("{} '{}': {}", option, shown, why));
}

/// All of `text`, or false.
template <class Number>
bool read_number(std::string_view text, Number& number) {
    const char* end = text.data() + text.size();
    auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end;
}

std::chrono::milliseconds to_duration(std::string_view text) {
    constexpr double seconds_max = 1e9;
    double seconds = 0;
    if (!read_number(text, seconds) || !(seconds > 0 && seconds <= seconds_max))
        refuse("--for", text, "not a number of seconds, above 0 and at most 1000000000");
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

endpoint to_endpoint(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    auto refuse_url = [url](std::string_view why) { refuse("--endpoint", url, why); };
    if (!url.starts_with(scheme)) refuse_url("not a URL of the form http://host[:port][/path]");
    if (url.size() > url_size_max) refuse_url("longer than 1,000 bytes");
    if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c > '~'; }))
        refuse_url("a URL has no spaces and only ASCII characters");

    endpoint e;
    e.name = url;
    std::string_view rest = url.substr(scheme.size(), url.find('#') - scheme.size());
    const std::size_t path_at = std::min(rest.find_first_of("/?"), rest.size());
    e.path = rest.substr(path_at);
    if (!e.path.starts_with('/')) e.path = std::string("/").append(e.path);
    rest = rest.substr(0, path_at);
    if (rest.find('@') != std::string_view::npos) refuse_url("user names and passwords are not supported");

    std::size_t host_end = rest.find(':');
    if (rest.starts_with('[')) { // [::1]:8080
        host_end = rest.find(']');
        if (host_end == std::string_view::npos) refuse_url("']' is missing");
        e.host = rest.substr(1, host_end - 1);
        ++host_end;
    } else {
        e.host = rest.substr(0, host_end);
    }
    if (e.host.empty()) refuse_url("the host is missing");
    rest = rest.substr(std::min(host_end, rest.size()));
    if (!rest.empty() && (rest[0] != ':' || !read_number(rest.substr(1), e.port) || e.port == 0))
        refuse_url("the port is not a number from 1 to 65535");
    return e;
}

} // namespace

options parse(std::span<const char* const> arguments) {
    options opt;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view name = arguments[i];
        if (name == "--help" || name == "-h") {
            opt.help = true;
            continue;
        }
        std::optional<std::string_view> value;
        if (const std::size_t equals = name.find('='); name.starts_with("--") && equals != name.npos) {
            value = name.substr(equals + 1);
            name = name.substr(0, equals);
        }
        if (name != "--endpoint" && name != "--database" && name != "--for")
            refuse("unknown argument", arguments[i], "see --help");
        if (!value && ++i == arguments.size())
            throw usage_error(fmt::format("{} needs a value, see --help", name));
        if (!value) value = arguments[i];

        if (name == "--for") {
            opt.for_how_long = to_duration(*value);
        } else if (name == "--database") {
            opt.database = *value;
        } else {
            endpoint e = to_endpoint(*value);
            const bool known = std::ranges::any_of(opt.endpoints, [&](auto& o) { return o.name == e.name; });
            if (!known) opt.endpoints.push_back(std::move(e));
        }
    }
    return opt;
}

} // namespace uptime
