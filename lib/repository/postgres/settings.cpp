// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/settings.hpp>

#include <repository/postgres/failure.hpp>

#include <algorithm>
#include <libpq-fe.h>
#include <memory>
#include <string_view>

namespace rondo::postgres::detail {
namespace {

struct free_options {
    void operator()(PQconninfoOption* o) const noexcept { PQconninfoFree(o); }
};
using option_list = std::unique_ptr<PQconninfoOption, free_options>;

connection_values values_in(const PQconninfoOption* option) {
    connection_values values;
    for (; option != nullptr && option->keyword != nullptr; ++option)
        if (option->val != nullptr) values.emplace_back(option->keyword, option->val);
    return values;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts(1);
    for (const char c : list) {
        if (c == ',') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

/// Given, or from the environment.
std::string effective(const connection_values& given, const connection_values& defaults,
                      const char* keyword) {
    if (const std::string* v = find_value(given, keyword)) return *v;
    const std::string* v = find_value(defaults, keyword);
    return v != nullptr ? *v : std::string();
}

} // namespace

connection_values parse_connection_string(const std::string& text) {
    if (text.find('\0') != std::string::npos)
        throw failure(errc::invalid_option, "a NUL in a connection string");
    char* why = nullptr;
    const option_list parsed(PQconninfoParse(text.c_str(), &why));
    const std::unique_ptr<char, void (*)(void*)> freed(why, PQfreemem);
    if (parsed == nullptr) throw failure(errc::invalid_option, why != nullptr ? why : "no memory");
    return values_in(parsed.get());
}

const std::string* find_value(const connection_values& values, const std::string& keyword) noexcept {
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == keyword; });
    return found == values.end() ? nullptr : &found->second;
}

void set_value(connection_values& values, const std::string& keyword, std::string value) {
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == keyword; });
    if (found == values.end()) {
        values.emplace_back(keyword, std::move(value));
    } else {
        found->second = std::move(value);
    }
}

std::vector<server_place> places_of(const connection_values& values) {
    const option_list defaults_list(PQconndefaults());
    const connection_values defaults = values_in(defaults_list.get());
    if (!effective(values, defaults, "hostaddr").empty() || !effective(values, defaults, "service").empty())
        return {};
    const std::string host = effective(values, defaults, "host");
    if (host.empty()) return {};
    std::vector<server_place> places;
    for (std::string& name : split(host)) places.push_back({std::move(name), {}, {}});
    const std::vector<std::string> ports = split(effective(values, defaults, "port"));
    if (ports.size() != 1 && ports.size() != places.size())
        throw failure(errc::invalid_option, "as many ports as hosts, or one, must be given");
    for (std::size_t i = 0; i != places.size(); ++i) places[i].port = ports.size() == 1 ? ports[0] : ports[i];
    return places;
}

void set_places(connection_values& values, const std::vector<server_place>& places) {
    std::string hosts;
    std::string addresses;
    std::string ports;
    for (std::size_t i = 0; i != places.size(); ++i) {
        const char* comma = i == 0 ? "" : ",";
        hosts += comma + places[i].host;
        addresses += comma + places[i].address;
        ports += comma + places[i].port;
    }
    set_value(values, "host", std::move(hosts));
    set_value(values, "hostaddr", std::move(addresses));
    set_value(values, "port", std::move(ports));
}

} // namespace rondo::postgres::detail
