// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_TESTS_TRACES_RECORDER_HPP
#define RONDO_TESTS_TRACES_RECORDER_HPP

#include <repository/forwarding_repository.hpp>
#include <traces/trace.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace rondo::traces {

/// A repository that tells what it is asked to store.
class recorder final : public testing::forwarding_repository {
public:
    /// `before` is called before each word.
    recorder(std::shared_ptr<repository> inner, trace& out, std::function<void()> before)
        : forwarding_repository(std::move(inner)), out_(out), before_(std::move(before)) {}

    awaitable<std::vector<begin_answer>> begin_runs(std::vector<begin_request> requests) override {
        before_();
        for (const begin_request& r : requests) out_.tell(r);
        return inner_->begin_runs(std::move(requests));
    }
    awaitable<std::vector<finish_state>> finish_runs(std::vector<finish_request> requests) override {
        before_();
        for (const finish_request& r : requests) out_.tell(r);
        return inner_->finish_runs(std::move(requests));
    }

private:
    trace& out_;
    std::function<void()> before_;
};

} // namespace rondo::traces

#endif // RONDO_TESTS_TRACES_RECORDER_HPP
