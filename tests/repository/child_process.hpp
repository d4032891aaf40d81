// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_REPOSITORY_CHILD_PROCESS_HPP
#define RONDO_TESTS_REPOSITORY_CHILD_PROCESS_HPP

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace rondo::testing {

/// This program once more, running one test case that is skipped otherwise: its name is a command.
class child_process {
public:
    /// The child gets this from `argument()`, and the other ends of two pipes.
    child_process(const std::string& test_case, const std::string& argument) {
        std::array<int, 2> up{};
        std::array<int, 2> down{};
        if (::pipe2(up.data(), O_CLOEXEC) != 0 || ::pipe2(down.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
        const std::string filter = "--test-case=" + test_case;
        const std::string environment = "RONDO_TEST_ARGUMENT=" + argument;
        std::array<const char*, 4> arguments{"child", filter.c_str(), "--no-skip", nullptr};
        std::array<const char*, 2> variables{environment.c_str(), nullptr};
        pid_ = ::fork();
        if (pid_ == 0) {                                          // only what is safe after fork
            ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO); // its report is not ours
            ::dup2(up[1], to_parent);
            ::dup2(down[0], from_parent);
            ::execve("/proc/self/exe", const_cast<char**>(arguments.data()),
                     const_cast<char**>(variables.data()));
            ::_exit(127);
        }
        ::close(up[1]);
        ::close(down[0]);
        from_child_ = up[0];
        to_child_ = down[1];
        if (pid_ < 0) throw std::runtime_error("no child");
    }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process() {
        kill();
        ::close(from_child_);
        if (to_child_ >= 0) ::close(to_child_);
    }

    /// Waits for the child to say something; false: it is gone.
    [[nodiscard]] bool hear() const {
        char c = 0;
        return ::read(from_child_, &c, 1) == 1;
    }

    /// `listen` of the child returns.
    void dismiss() {
        ::close(to_child_);
        to_child_ = -1;
    }

    /// As the kernel would: at once, and without a last word.
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        wait();
    }

    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return status;
    }

    /// In the child.
    static void say() {
        if (::write(to_parent, "!", 1) != 1) ::_exit(1);
    }
    static void listen() {
        char c = 0;
        while (::read(from_parent, &c, 1) == 1) {
        }
    }
    static std::string argument() {
        const char* value = std::getenv("RONDO_TEST_ARGUMENT");
        return value == nullptr ? "" : value;
    }

private:
    static constexpr int to_parent = 30; // above what the runtime of a sanitizer may have open
    static constexpr int from_parent = 31;

    pid_t pid_ = -1;
    int from_child_ = -1;
    int to_child_ = -1;
};

} // namespace rondo::testing

#endif // RONDO_TESTS_REPOSITORY_CHILD_PROCESS_HPP
