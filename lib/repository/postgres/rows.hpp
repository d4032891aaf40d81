// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_ROWS_HPP
#define RONDO_REPOSITORY_POSTGRES_ROWS_HPP

#include <rondo/run.hpp>
#include <rondo/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
struct pg_result;
}

namespace rondo::postgres::detail {

struct clear_result {
    void operator()(pg_result* r) const noexcept;
};

/// What one statement gave, in the binary format. A database may hold anything: what is not of the type that is asked
/// for throws `failure`, as `store_corrupt`.
class rows {
public:
    explicit rows(std::unique_ptr<pg_result, clear_result> result) noexcept : result_(std::move(result)) {}

    [[nodiscard]] std::size_t size() const noexcept;
    /// How many were inserted, changed or deleted.
    [[nodiscard]] std::uint64_t changed() const;

    [[nodiscard]] bool is_null(std::size_t row, int column) const noexcept;
    [[nodiscard]] bool flag(std::size_t row, int column) const;
    [[nodiscard]] std::int64_t integer(std::size_t row, int column) const;
    /// Not negative.
    [[nodiscard]] std::uint64_t count(std::size_t row, int column) const;
    [[nodiscard]] double real(std::size_t row, int column) const;
    [[nodiscard]] wall_time time(std::size_t row, int column) const;
    [[nodiscard]] moment time_or_never(std::size_t row, int column) const;
    [[nodiscard]] run_id id(std::size_t row, int column) const;
    /// As it is stored: for words of our own.
    [[nodiscard]] std::string_view word(std::size_t row, int column) const;
    /// As it was before `to_stored`.
    [[nodiscard]] std::string text(std::size_t row, int column) const;
    [[nodiscard]] std::vector<std::string> texts(std::size_t row, int column) const;
    [[nodiscard]] std::vector<std::int64_t> integers(std::size_t row, int column) const;

private:
    [[nodiscard]] std::string_view bytes(std::size_t row, int column) const;
    [[nodiscard]] std::vector<std::string_view> elements(std::size_t row, int column) const;

    std::unique_ptr<pg_result, clear_result> result_;
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_ROWS_HPP
