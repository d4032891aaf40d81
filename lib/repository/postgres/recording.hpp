// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_POSTGRES_RECORDING_HPP
#define RONDO_REPOSITORY_POSTGRES_RECORDING_HPP

#include <rondo/record.hpp>

#include <repository/postgres/session.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace rondo::postgres::detail {

/// The ends and begins of one call, in one transaction if that can be, as one of them may fail by itself.
class recording final : public job {
public:
    recording(std::vector<finish_request> ended, std::vector<begin_request> begun)
        : ended_(std::move(ended)), begun_(std::move(begun)) {}

    boost::asio::awaitable<void> run(database& db) override;
    /// Runs that begin now, and whose manager has turned away, would be in flight and be nobody's.
    [[nodiscard]] bool may_be_left() const noexcept override { return ended_.empty(); }
    [[nodiscard]] recorded_runs& said() noexcept { return said_; }

private:
    boost::asio::awaitable<std::optional<failure>>
    record(database& db, const std::vector<finish_request>& ended, const std::vector<begin_request>& begun);

    const std::vector<finish_request> ended_;
    const std::vector<begin_request> begun_;
    bool closely_ = false;
    recorded_runs said_{error_code(errc::store_failed), error_code(errc::store_failed)};
};

} // namespace rondo::postgres::detail

#endif // RONDO_REPOSITORY_POSTGRES_RECORDING_HPP
