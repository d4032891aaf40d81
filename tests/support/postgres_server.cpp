// SPDX-License-Identifier: BSL-1.0
#include <support/postgres_server.hpp>

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdexcept>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace rondo::testing {
namespace {

namespace fs = std::filesystem;

/// Debian keeps the server's programs of each version in a folder of its own, outside of `PATH`.
fs::path find_programs() {
    fs::path best;
    int best_version = 0;
    std::error_code none;
    for (const fs::directory_entry& each : fs::directory_iterator("/usr/lib/postgresql", none)) {
        const int version = std::atoi(each.path().filename().c_str());
        if (version <= best_version || !fs::exists(each.path() / "bin" / "postgres")) continue;
        best_version = version;
        best = each.path() / "bin";
    }
    if (best.empty()) throw std::runtime_error("there is no PostgreSQL server: apt-get install postgresql");
    return best;
}

/// Whom the server runs as: it refuses to run as root.
const passwd* runs_as() {
    if (::geteuid() != 0) return nullptr;
    const passwd* who = ::getpwnam("postgres");
    if (who == nullptr) throw std::runtime_error("there is no user postgres");
    return who;
}

/// Tells when something happens in a folder.
class folder_changes {
public:
    explicit folder_changes(const std::string& folder) : fd_(::inotify_init1(IN_CLOEXEC)) {
        if (fd_ < 0 || ::inotify_add_watch(fd_, folder.c_str(), IN_CREATE | IN_MODIFY | IN_DELETE) < 0)
            throw std::runtime_error("a folder cannot be watched");
    }
    folder_changes(const folder_changes&) = delete;
    folder_changes& operator=(const folder_changes&) = delete;
    ~folder_changes() { ::close(fd_); }

    /// False: nothing has for a minute.
    [[nodiscard]] bool next() const {
        pollfd wait{fd_, POLLIN, 0};
        if (::poll(&wait, 1, 60'000) <= 0) return false;
        std::array<char, 4096> events{};
        return ::read(fd_, events.data(), events.size()) > 0;
    }

private:
    int fd_;
};

/// On loopback, at this moment.
std::string free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(fd, any, size) == 0 && ::getsockname(fd, any, &size) == 0;
    ::close(fd);
    if (!bound) throw std::runtime_error("no port on loopback");
    return std::to_string(ntohs(address.sin_port));
}

} // namespace

postgres_server::postgres_server(sync s) : programs_(find_programs()), sync_(s) {
    std::string pattern = (fs::temp_directory_path() / "rondo-postgres-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for a server");
    folder_ = pattern;
    if (const passwd* who = runs_as();
        who != nullptr && ::chown(pattern.c_str(), who->pw_uid, who->pw_gid) != 0)
        throw std::runtime_error("the folder of the server cannot be given away");
    run({"initdb", "-D", folder_ / "data", "-U", "rondo", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"});
    start();
}

postgres_server::~postgres_server() {
    stop_at_once();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string postgres_server::connection_string() const {
    const std::string port = tls_port_.empty() ? "" : " port=" + tls_port_;
    return "host=" + folder_.string() + " user=rondo dbname=postgres" + port;
}

std::string postgres_server::listen_with_tls() {
    stop_at_once();
    run({"/usr/bin/openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-subj", "/CN=rondo", "-addext",
         "subjectAltName=IP:127.0.0.1", "-out", certificate(), "-keyout", folder_ / "server.key"});
    std::ofstream(folder_ / "data" / "pg_hba.conf")
        << "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
    tls_port_ = free_port();
    start();
    return "host=127.0.0.1 port=" + tls_port_ + " user=rondo dbname=postgres";
}

void postgres_server::start() {
    const folder_changes changes(folder_ / "data"); // where it says how far it is
    std::vector<std::string> command{"postgres",
                                     "-D",
                                     folder_ / "data",
                                     "-k",
                                     folder_,
                                     "-h",
                                     tls_port_.empty() ? "" : "127.0.0.1",
                                     "-c",
                                     "max_connections=50",
                                     "-c",
                                     sync_ == sync::on ? "fsync=on" : "fsync=off"};
    if (!tls_port_.empty())
        for (const std::string& more :
             {std::string("-p"), tls_port_, std::string("-c"), std::string("ssl=on"), std::string("-c"),
              "ssl_cert_file=" + certificate(), std::string("-c"),
              "ssl_key_file=" + (folder_ / "server.key").string()})
            command.push_back(more);
    server_ = spawn(command);
    while (PQping(connection_string().c_str()) != PQPING_OK) {
        int status = 0;
        if (::waitpid(server_, &status, WNOHANG) != 0 || !changes.next())
            throw std::runtime_error("the server does not start: " + said());
    }
}

void postgres_server::stop_at_once() {
    if (server_ <= 0) return;
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
}

void postgres_server::run(const std::vector<std::string>& command) const {
    int status = 0;
    ::waitpid(spawn(command), &status, 0);
    if (status != 0) throw std::runtime_error(command.front() + " failed: " + said());
}

pid_t postgres_server::spawn(const std::vector<std::string>& command) const {
    const std::string program = programs_ / command.front();
    const std::string log = folder_ / "log";
    const passwd* who = runs_as();
    std::vector<char*> arguments;
    for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.front() = const_cast<char*>(program.c_str()); // by which it finds the others
    arguments.push_back(nullptr);
    std::array<char*, 1> variables{nullptr};
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no child");
    if (child > 0) return child;
    // Only what is safe after fork.
    if (who != nullptr && (::setgid(who->pw_gid) != 0 || ::setuid(who->pw_uid) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT); // it ends with us, however we do
    if (::getppid() != parent) ::_exit(126);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    ::execve(program.c_str(), arguments.data(), variables.data());
    ::_exit(127);
}

std::string postgres_server::said() const {
    std::ifstream log(folder_ / "log");
    const std::string all((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
    constexpr std::size_t end = 2000;
    return all.size() > end ? all.substr(all.size() - end) : all;
}

} // namespace rondo::testing
