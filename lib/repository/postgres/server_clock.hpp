// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_SERVER_CLOCK_HPP
#define RONDO_REPOSITORY_POSTGRES_SERVER_CLOCK_HPP

// By the clock of the server, in microseconds, as literals of SQL: when the transaction began, so that leases are rather
// too short; and now.
#define RONDO_NOW "(extract(epoch from now()) * 1000000)::int8"
#define RONDO_CLOCK "(extract(epoch from clock_timestamp()) * 1000000)::int8"

#endif // RONDO_REPOSITORY_POSTGRES_SERVER_CLOCK_HPP
