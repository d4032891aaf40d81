// SPDX-License-Identifier: BSL-1.0
#include <rondo/error.hpp>
#include <rondo/version.hpp>

#include <string>

namespace rondo {
namespace {

const char* text(errc e) noexcept {
    switch (e) {
    case errc::task_exists: return "a task with this uid exists already";
    case errc::task_not_exists: return "no task has this uid";
    case errc::run_not_exists: return "no run has this id";
    case errc::group_not_exists: return "no group has this name";
    case errc::already_running: return "the task is running and its overlap policy allows no other run";
    case errc::queue_full: return "too many manual runs are waiting for a free place";
    case errc::invalid_schedule:
        return "the schedule is invalid: its interval must be between 1 microsecond and 100 years, its "
               "instant "
               "in the years 1 to 9999";
    case errc::cyclic_schedule: return "the task would follow itself";
    case errc::invalid_uid: return "the uid is empty, longer than 255 bytes, or holds a control character";
    case errc::invalid_name: return "the name is longer than 1,024 bytes";
    case errc::invalid_body: return "the body is a null function";
    case errc::invalid_option: return "an option is out of its range";
    case errc::not_started: return "the manager has not been started";
    case errc::already_started: return "the manager has been started already";
    case errc::shutting_down: return "the manager is shutting down";
    case errc::stream_closed: return "the event stream is closed";
    case errc::store_failed: return "the repository failed";
    case errc::store_timeout: return "the repository did not answer in time";
    case errc::store_locked: return "another process holds the store";
    case errc::store_read_only: return "the store is read-only";
    case errc::store_full: return "the store has no room left";
    case errc::store_corrupt: return "the store is damaged";
    case errc::store_foreign: return "the file is not a rondo database";
    case errc::store_too_new: return "the store was written by a newer version of rondo";
    case errc::store_cannot_open: return "the store cannot be opened";
    case errc::store_too_old: return "the store was written by an older version";
    case errc::store_unsafe: return "the store may lose what it has acknowledged";
    }
    return "unknown error";
}

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "rondo"; }
    std::string message(int code) const override { return text(static_cast<errc>(code)); }
};

} // namespace

const boost::system::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

const char* version() noexcept {
    static_assert(version_major == 0 && version_minor == 1 && version_patch == 0,
                  "keep the text below in step");
    return "0.1.0";
}

} // namespace rondo
