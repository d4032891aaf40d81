// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_REPOSITORY_SQLITE_SIDE_READER_HPP
#define RONDO_REPOSITORY_SQLITE_SIDE_READER_HPP

#include <repository/sqlite/open_name.hpp>
#include <repository/sqlite/writer.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace rondo::sqlite::detail {

/// Jobs that read the whole file, one after the other, on a thread and with a connection of their own: the writer
/// goes on meanwhile. A job that nobody waits for any more is broken off.
class side_reader {
public:
    side_reader(std::string path, open_name file) : path_(std::move(path)), file_(std::move(file)) {}

    /// Any thread. False: it has stopped, and nothing will happen.
    [[nodiscard]] bool push(std::shared_ptr<job> j);

    /// The loop of its thread. Returns after `stop`; what was not done then has failed.
    void run();
    void stop();

private:
    void process(job& j);

    const std::string path_;
    const open_name file_;
    std::atomic<bool> stopped_ = false; // set under the mutex
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<job>> queue_; // under the mutex
};

} // namespace rondo::sqlite::detail

#endif // RONDO_REPOSITORY_SQLITE_SIDE_READER_HPP
