// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_FLEET_PROCESS_HPP
#define RONDO_TESTS_FLEET_PROCESS_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace rondo::fleet {

/// This program once more, as a node, that ends with us.
class process {
public:
    /// What it says goes to the end of the file `log`. Throws `std::system_error`.
    process(const std::vector<std::string>& arguments, const std::string& log);
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process();

    void signal(int number) const noexcept;
    /// A line for its standard input. Nothing comes of it if it does not read.
    void tell(std::string_view line) const noexcept;
    void close_input() noexcept;
    /// Its status, as waitpid(2) has it, once it has ended.
    [[nodiscard]] std::optional<int> status();
    void kill() noexcept;

private:
    pid_t pid_ = -1;
    int input_ = -1;
    std::optional<int> status_;
};

} // namespace rondo::fleet

#endif // RONDO_TESTS_FLEET_PROCESS_HPP
