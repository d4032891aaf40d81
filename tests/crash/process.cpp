// SPDX-License-Identifier: BSL-1.0
#include <crash/process.hpp>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rondo::crash {

process::process(const std::vector<std::string>& arguments, const std::string& log) {
    std::vector<char*> argv;
    argv.push_back(const_cast<char*>("worker"));
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) { // only what is safe after fork
        const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        ::dup2(to, STDOUT_FILENO);
        ::dup2(to, STDERR_FILENO);
        ::execv("/proc/self/exe", argv.data());
        ::_exit(127);
    }
    if (pid_ < 0) throw std::runtime_error("no process to be had");
    descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (descriptor_ >= 0) return;
    kill();
    throw std::runtime_error("no descriptor for a process");
}

process::~process() {
    kill();
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<int> process::wait_for(std::chrono::microseconds d) {
    pollfd p{descriptor_, POLLIN, 0};
    const timespec t{d.count() / 1'000'000, d.count() % 1'000'000 * 1000};
    if (::ppoll(&p, 1, &t, nullptr) <= 0) return std::nullopt;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
}

void process::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
}

} // namespace rondo::crash
