//! The local time zone as module attributes: `timezone`, `altzone`, `daylight`, `tzname`.

use taipan_macros::function;
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Ref;

use crate::filesystem::fs_decode;
use crate::os_result::OsResult;
use crate::sys::clock;

/// Half a year and a quarter of a day, in seconds.
const HALF_YEAR: i64 = (365 * 24 + 6) * 3600 / 2;

/// Seconds west of UTC at a time, and the zone's name then.
fn zone_at(time: i64) -> PyResult<(i64, Vec<u8>)> {
    let calendar = clock::local(time).or_raise()?;
    Ok((-calendar.tm_gmtoff, clock::zone_name(&calendar)))
}

/// Sets the attributes for the zone in force.
pub fn set_attributes(module: &Ref<Module>) -> PyResult<()> {
    let now = clock::read(libc::CLOCK_REALTIME).or_raise()?.tv_sec;
    let new_year = now / (2 * HALF_YEAR) * (2 * HALF_YEAR);
    let (winter, summer) = (zone_at(new_year)?, zone_at(new_year + HALF_YEAR)?);
    // South of the equator, January has the summer time.
    let (standard, other) = if winter.0 < summer.0 {
        (summer, winter)
    } else {
        (winter, summer)
    };
    module.set("timezone", int::new(standard.0));
    module.set("altzone", int::new(other.0));
    module.set("daylight", int::new(i64::from(standard.0 != other.0)));
    let names = Tuple::pair(
        fs_decode(&standard.1).into_value(),
        fs_decode(&other.1).into_value(),
    );
    module.set("tzname", names.into_value());
    Ok(())
}

/// tzset()
///
/// Takes the local time zone from the environment variable TZ again.
#[function(nosig)]
pub fn tzset(module: &Ref<Module>) -> PyResult<()> {
    clock::reset_zone();
    set_attributes(module)
}
