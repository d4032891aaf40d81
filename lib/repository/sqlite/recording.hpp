// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_RECORDING_HPP
#define RONDO_REPOSITORY_SQLITE_RECORDING_HPP

#include <rondo/joining_runs.hpp>
#include <rondo/record.hpp>

#include <repository/sqlite/writer.hpp>

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace rondo::sqlite::detail {

/// The ends and begins of one call, and of those that join it while its transaction is open. Its two jobs go together,
/// the ends first. Of the database thread, until that has done both.
struct recording {
    std::vector<finish_request> ended;
    std::vector<begin_request> begun;
    std::shared_ptr<joining_runs> more; ///< null: nobody joins
    std::vector<finish_state> states;   ///< of the ends
    std::vector<begin_answer> answers;  ///< of the begins

    /// Takes in the latest that joined. False: nobody did, and nobody will.
    [[nodiscard]] bool grow();
    /// Takes in all, and nobody will any more.
    void close() {
        while (grow()) {
        }
    }
};

class ends_job final : public job {
public:
    explicit ends_job(std::shared_ptr<recording> r) noexcept : recording_(std::move(r)) {}

    void run(database& db) override;
    void close() override { recording_->close(); }

private:
    std::shared_ptr<recording> recording_;
};

class begins_job final : public job {
public:
    explicit begins_job(std::shared_ptr<recording> r) noexcept : recording_(std::move(r)) {}

    void run(database& db) override;
    /// Of both.
    bool run_more(database& db) override;
    void close() override { recording_->close(); }

private:
    std::shared_ptr<recording> recording_;
};

[[nodiscard]] bool all_ended(std::span<const finish_request> requests) noexcept;

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_RECORDING_HPP
