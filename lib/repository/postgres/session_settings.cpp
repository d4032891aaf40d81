// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/session_settings.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace rondo::postgres::detail {
namespace {

// To plan a statement takes longer than to execute it. And plans are kept for a while: one that reads a small table, or
// all of a small index, as a whole would do so when it is large. Claims lock in the order in which they find what they
// are for, which joins other than nested loops do not keep. The last few find out that the other side of a network
// is gone.
constexpr std::string_view sql = R"(
select set_config('statement_timeout', $1, $3), set_config('lock_timeout', $2, $3),
  set_config('idle_in_transaction_session_timeout', $1, $3), set_config('jit', 'off', $3),
  set_config('enable_seqscan', 'off', $3), set_config('enable_bitmapscan', 'off', $3),
  set_config('enable_nestloop', 'on', $3), set_config('enable_hashjoin', 'off', $3), set_config('enable_mergejoin', 'off', $3),
  set_config('plan_cache_mode', 'force_generic_plan', $3),
  set_config('default_transaction_isolation', 'read committed', $3),
  set_config('tcp_keepalives_idle', '10', $3), set_config('tcp_keepalives_interval', '5', $3),
  set_config('tcp_keepalives_count', '3', $3))";

std::string in_ms(std::chrono::milliseconds t) {
    return std::to_string(std::max<std::chrono::milliseconds::rep>(t.count(), 1)) + "ms";
}

} // namespace

batch::statement session_settings(std::chrono::milliseconds operation_timeout, bool of_transaction) {
    const std::string statement_max = in_ms(operation_timeout * 4 / 5);
    const std::string lock_max = in_ms(operation_timeout / 2);
    parameters p;
    p.add(plain_text{statement_max}).add(plain_text{lock_max}).add(of_transaction);
    return {std::string(sql), std::move(p), false};
}

} // namespace rondo::postgres::detail
