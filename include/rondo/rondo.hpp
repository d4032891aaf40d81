// SPDX-License-Identifier: BSL-1.0
#ifndef RONDO_RONDO_HPP
#define RONDO_RONDO_HPP

// All of the public face but rondo/sqlite.hpp (a library of its own) and rondo/testing/.
#include <rondo/backfill.hpp>
#include <rondo/calendar.hpp>
#include <rondo/calendar_interval.hpp>
#include <rondo/cancellation.hpp>
#include <rondo/catch_up.hpp>
#include <rondo/clock.hpp>
#include <rondo/combine.hpp>
#include <rondo/context.hpp>
#include <rondo/cron.hpp>
#include <rondo/cron_options.hpp>
#include <rondo/default_manager.hpp>
#include <rondo/error.hpp>
#include <rondo/event.hpp>
#include <rondo/failure_count.hpp>
#include <rondo/format.hpp>
#include <rondo/group.hpp>
#include <rondo/log.hpp>
#include <rondo/manager.hpp>
#include <rondo/manager_options.hpp>
#include <rondo/memory.hpp>
#include <rondo/outcome_set.hpp>
#include <rondo/pause.hpp>
#include <rondo/record.hpp>
#include <rondo/reports.hpp>
#include <rondo/repository.hpp>
#include <rondo/retry.hpp>
#include <rondo/run.hpp>
#include <rondo/run_failure.hpp>
#include <rondo/run_output.hpp>
#include <rondo/schedule.hpp>
#include <rondo/schedule_rule.hpp>
#include <rondo/shared_string.hpp>
#include <rondo/stat.hpp>
#include <rondo/summary.hpp>
#include <rondo/task.hpp>
#include <rondo/time.hpp>
#include <rondo/user.hpp>
#include <rondo/version.hpp>
#include <rondo/words.hpp>

#endif // RONDO_RONDO_HPP
