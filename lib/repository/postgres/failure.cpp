// SPDX-License-Identifier: BSL-1.0
#include <repository/postgres/failure.hpp>

namespace rondo::postgres::detail {

errc meaning_of(std::string_view sqlstate) noexcept {
    const std::string_view kind = sqlstate.substr(0, 2);
    if (sqlstate == "57014") return errc::store_timeout; // `statement_timeout`
    if (sqlstate == "55P03") return errc::store_locked;  // `lock_timeout`
    if (sqlstate == "25006" || sqlstate == "42501") return errc::store_read_only;
    if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "3F000") return errc::store_foreign;
    if (sqlstate == "53100" || sqlstate == "53200") return errc::store_full;
    if (sqlstate == "XX001" || sqlstate == "XX002") return errc::store_corrupt;
    if (kind == "28" || kind == "3D") return errc::store_cannot_open; // who we are, or no such database
    return errc::store_failed;
}

failure::remedy remedy_for(std::string_view sqlstate) noexcept {
    // A deadlock; and two who insert, or delete, the same, of whom one has seen nothing of the other. Then it has.
    for (const std::string_view again : {"40001", "40P01", "23505", "23503"})
        if (sqlstate == again) return failure::remedy::again;
    // A server that became a standby, one that shuts down, and statements that are not prepared as we think.
    for (const std::string_view other : {"25006", "26000", "42P05", "0A000", "57P01", "57P02", "57P03"})
        if (sqlstate == other) return failure::remedy::reconnect;
    return failure::remedy::none;
}

} // namespace rondo::postgres::detail
