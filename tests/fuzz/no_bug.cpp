// SPDX-License-Identifier: BSL-1.0
#include "target.hpp"

void planted(const rondo::detail::cron_parsed&) {}
