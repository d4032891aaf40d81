// SPDX-License-Identifier: BSL-1.0
#include <fleet/process.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace rondo::fleet {

process::process(const std::vector<std::string>& arguments, const std::string& log) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    std::string name = "rondo-fleet";
    std::string as_node = "--node";
    std::vector<std::string> words = arguments;
    std::vector<char*> argv{name.data(), as_node.data()};
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) { // only what is safe after fork
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(126);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(ends[0], STDIN_FILENO);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(out, STDERR_FILENO);
        ::close_range(3, ~0U, 0); // or connections that are cut would go on with us
        ::execv("/proc/self/exe", argv.data());
        ::_exit(127);
    }
    ::close(ends[0]);
    input_ = ends[1];
    ::fcntl(input_, F_SETFL, O_NONBLOCK);
    if (pid_ < 0) {
        ::close(input_);
        throw std::system_error(errno, std::generic_category(), "fork");
    }
}

process::~process() {
    kill();
    close_input();
}

void process::signal(int number) const noexcept {
    if (!status_) ::kill(pid_, number);
}

void process::tell(std::string_view line) const noexcept {
    if (input_ >= 0 && ::write(input_, line.data(), line.size()) < 0) return;
}

void process::close_input() noexcept {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
}

std::optional<int> process::status() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_;
}

void process::kill() noexcept {
    if (status_) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    if (::waitpid(pid_, &status, 0) == pid_) status_ = status;
}

} // namespace rondo::fleet
