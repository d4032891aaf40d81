// SPDX-License-Identifier: BSL-1.0
#include <rondo/default_manager.hpp>

#include <boost/system/system_error.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace rondo {
namespace {

std::mutex global_mutex; // guards the next
std::unique_ptr<manager> global;

} // namespace

result<manager*> init(boost::asio::any_io_executor executor, std::shared_ptr<repository> repository,
                      manager_options options) {
    if (repository == nullptr) return errc::invalid_option;
    std::lock_guard lock(global_mutex);
    if (global != nullptr) return errc::already_started;
    global = std::make_unique<manager>(std::move(executor), std::move(repository), std::move(options));
    return global.get();
}

manager& default_manager() {
    std::lock_guard lock(global_mutex);
    if (global == nullptr) throw boost::system::system_error(make_error_code(errc::not_started));
    return *global;
}

void reset_default_manager() noexcept {
    std::unique_ptr<manager> gone;
    std::lock_guard lock(global_mutex);
    gone = std::move(global);
}

} // namespace rondo
