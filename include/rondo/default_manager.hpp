// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_DEFAULT_MANAGER_HPP
#define RONDO_DEFAULT_MANAGER_HPP

#include <rondo/manager.hpp>

namespace rondo {

/// Makes the one manager of the program, for applications that want a global. It must still be
/// started. Errors: `errc::already_started` if there is one, `errc::invalid_option` if `repository` is
/// null. Any thread.
result<manager*> init(boost::asio::any_io_executor executor, std::shared_ptr<repository> repository,
                      manager_options options = {});

/// The manager that `init` made. Calling it before `init` throws `boost::system::system_error` with
/// `errc::not_started`. Any thread.
[[nodiscard]] manager& default_manager();

/// Destroys the manager that `init` made, if there is one; nobody may use it at that time. Call it
/// before the execution context goes, or leave it.
void reset_default_manager() noexcept;

} // namespace rondo

#endif // RONDO_DEFAULT_MANAGER_HPP
