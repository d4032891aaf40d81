// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_CRASH_PROCESS_HPP
#define RONDO_TESTS_CRASH_PROCESS_HPP

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace rondo::crash {

/// This program once more, as a worker.
class process {
public:
    /// What it says goes to the end of the file `log`. Throws `std::runtime_error`.
    process(const std::vector<std::string>& arguments, const std::string& log);
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process();

    /// Waits for its end: the status of waitpid(2), or nothing if it goes on for longer.
    [[nodiscard]] std::optional<int> wait_for(std::chrono::microseconds d);

    /// As the kernel would: at once, and without a last word.
    void kill();

private:
    pid_t pid_ = -1;
    int descriptor_ = -1; // which can be polled
};

} // namespace rondo::crash

#endif // RONDO_TESTS_CRASH_PROCESS_HPP
