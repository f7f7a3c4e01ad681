//! The module `time`: clocks, calendars, sleeping.

mod calendar;
mod clocks;
mod convert;
mod zone;

use taipan_macros::define_module;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Ref;

define_module! {
    name = "time",
    doc = "Clocks, calendars and sleeping.\n\nA point in time is a number of seconds since the start of 1970 in UTC, or a struct_time: year, month, day, hour, minute,\nsecond, day of the week (Monday is 0), day of the year (1 to 366), and whether daylight saving time is in force\n(1, 0, or -1 for unknown).",
    functions(
        calendar::asctime, calendar::ctime, calendar::gmtime, calendar::localtime, calendar::mktime, calendar::strftime,
        calendar::strptime, clocks::clock_getres, clocks::clock_gettime, clocks::clock_gettime_ns, clocks::clock_settime,
        clocks::clock_settime_ns, clocks::get_clock_info, clocks::monotonic, clocks::monotonic_ns, clocks::perf_counter,
        clocks::perf_counter_ns, clocks::process_time, clocks::process_time_ns, clocks::pthread_getcpuclockid, clocks::sleep,
        clocks::thread_time, clocks::thread_time_ns, clocks::time, clocks::time_ns, zone::tzset
    ),
    constants(
        clocks::CLOCK_BOOTTIME, clocks::CLOCK_MONOTONIC, clocks::CLOCK_MONOTONIC_RAW, clocks::CLOCK_PROCESS_CPUTIME_ID,
        clocks::CLOCK_REALTIME, clocks::CLOCK_TAI, clocks::CLOCK_THREAD_CPUTIME_ID, calendar::STRUCT_TM_ITEMS
    ),
    init = complete,
}

fn complete(module: &Ref<Module>) -> PyResult<()> {
    module.set("struct_time", calendar::STRUCT_TIME.class().to_value());
    zone::set_attributes(module)
}
