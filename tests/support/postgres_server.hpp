// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_SUPPORT_POSTGRES_SERVER_HPP
#define RONDO_TESTS_SUPPORT_POSTGRES_SERVER_HPP

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace rondo::testing {

/// A PostgreSQL server of our own, with a new cluster in a temporary folder and a socket there, that ends with this
/// object, or with the thread that made it.
class postgres_server {
public:
    /// Off: what it says it has is gone if the machine loses power.
    enum class sync { off, on };

    /// Makes the cluster and starts. Throws `std::runtime_error` with what the programs of PostgreSQL said.
    explicit postgres_server(sync s = sync::off);
    postgres_server(const postgres_server&) = delete;
    postgres_server& operator=(const postgres_server&) = delete;
    ~postgres_server();

    /// For libpq.
    [[nodiscard]] std::string connection_string() const;

    /// Starts it anew so that it listens on loopback, too, where it wants TLS. Gives what libpq needs for that but
    /// `sslrootcert`, which is `certificate()`.
    [[nodiscard]] std::string listen_with_tls();
    [[nodiscard]] std::string certificate() const { return folder_ / "server.crt"; }

    void start();
    /// As if it had crashed: it recovers from its log when it is started again.
    void stop_at_once();

private:
    void run(const std::vector<std::string>& command) const;
    [[nodiscard]] pid_t spawn(const std::vector<std::string>& command) const;
    [[nodiscard]] std::string said() const;

    std::filesystem::path folder_;
    std::filesystem::path programs_;
    sync sync_;
    std::string tls_port_; // empty: it is not on the network
    pid_t server_ = -1;
};

} // namespace rondo::testing

#endif // RONDO_TESTS_SUPPORT_POSTGRES_SERVER_HPP
