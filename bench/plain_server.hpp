// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_BENCH_PLAIN_SERVER_HPP
#define RONDO_BENCH_PLAIN_SERVER_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

extern "C" {
struct pg_conn;
}

namespace rondo::bench {

/// PostgreSQL by hand, in the tables of `rondo::postgres`: a statement for all slots that are to be given to runs, and
/// one for all that end, each of which is a transaction, prepared, with arrays. What a careful user would write.
class plain_server {
public:
    /// The tables are there. `no` sets its runs apart from those of others. `leases`: it has each run for 30 s, and says
    /// that it is who has it.
    plain_server(const std::string& server, std::uint64_t no, bool leases);

    /// Tasks of which each is due at 0, and then every second.
    void add(std::size_t tasks);
    /// Gives the slot `n` of each task to a run, unless somebody else has. How many it got.
    std::size_t begin(std::size_t tasks, std::int64_t n);
    /// Ends those that began last.
    void end();

private:
    struct finish {
        void operator()(pg_conn* c) const noexcept;
    };

    std::size_t execute(const char* name, int count, const char* const* values);

    std::unique_ptr<pg_conn, finish> connection_;
    std::uint64_t no_;
    std::uint64_t runs_ = 0;
    std::string begun_; // as an array
};

} // namespace rondo::bench

#endif // RONDO_BENCH_PLAIN_SERVER_HPP
