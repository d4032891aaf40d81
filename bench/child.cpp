// SPDX-License-Identifier: BSL-1.0
#include <child.hpp>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <span>

namespace rondo::bench {
namespace {

bool write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

values read_all(int fd) {
    values v;
    double value = 0;
    // Few enough for a pipe to take in one write, so a double never comes in parts.
    for (;;) {
        ssize_t n = ::read(fd, &value, sizeof value);
        if (n < 0 && errno == EINTR) continue;
        if (n != static_cast<ssize_t>(sizeof value)) return v;
        v.push_back(value);
    }
}

[[noreturn]] void run_child(const std::function<values()>& measure, int fd, std::chrono::seconds limit) {
    ::alarm(static_cast<unsigned>(limit.count())); // ends the process
    int status = 1;
    try {
        values v = measure();
        if (write_all(fd, std::as_bytes(std::span(v)))) status = 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bench: %s\n", e.what());
    }
    ::_exit(status);
}

bool succeeded(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

std::optional<values> in_child(const std::function<values()>& measure, std::chrono::seconds limit) {
    int ends[2];
    if (::pipe(ends) != 0) return std::nullopt;
    pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        run_child(measure, ends[1], limit);
    }
    ::close(ends[1]);
    std::optional<values> v;
    if (child > 0) {
        v = read_all(ends[0]);
        if (!succeeded(child)) v.reset();
    }
    ::close(ends[0]);
    return v;
}

} // namespace rondo::bench
