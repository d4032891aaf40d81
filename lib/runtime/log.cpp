// SPDX-License-Identifier: BSL-1.0
#include <rondo/log.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace rondo {

log_sink stderr_log() {
    return [](log_level level, std::string_view text) {
        if (level < log_level::warning) return;
        std::string line = fmt::format("rondo: {}: {}\n", to_string(level), text);
        std::fwrite(line.data(), 1, line.size(), stderr); // one call, so that threads do not mix their lines
    };
}

} // namespace rondo
