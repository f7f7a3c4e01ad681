//! Points in time as years, months and days: `struct_time` and its conversions.

use std::ffi::CString;

use libc::tm;
use taipan_macros::{constant, function};
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, runtime};

use super::convert::{Rounding, whole_seconds};
use crate::filesystem::fs_decode;
use crate::os_result::OsResult;
use crate::sys::clock::{self, YEAR_BASE};

/// The class `struct_time`.
pub static STRUCT_TIME: StructSeqDef = StructSeqDef {
    name: "struct_time",
    module: "time",
    doc: "A point in time as gmtime(), localtime() and strptime() give it, and asctime(), mktime() and strftime() take it.",
    fields: &[
        Field::new("tm_year", "year, for example 1993"),
        Field::new("tm_mon", "month of the year, range [1, 12]"),
        Field::new("tm_mday", "day of the month, range [1, 31]"),
        Field::new("tm_hour", "hours, range [0, 23]"),
        Field::new("tm_min", "minutes, range [0, 59]"),
        Field::new("tm_sec", "seconds, range [0, 61]"),
        Field::new("tm_wday", "day of the week, range [0, 6], Monday is 0"),
        Field::new("tm_yday", "day of the year, range [1, 366]"),
        Field::new(
            "tm_isdst",
            "1 if summer time is in force, 0 if not, -1 if unknown",
        ),
        Field::new("tm_zone", "abbreviation of the time zone"),
        Field::new("tm_gmtoff", "offset from UTC in seconds"),
    ],
    visible: 9,
    instantiable: true,
    complete: None,
};

/// Number of items that `struct_time` takes.
#[constant(name = "_STRUCT_TM_ITEMS")]
pub const STRUCT_TM_ITEMS: usize = 11;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A calendar as C has it, and the name of its time zone.
struct Calendar {
    fields: tm,
    zone: Option<CString>,
}

fn struct_time(calendar: &tm, zone: &[u8]) -> Value {
    let number = |number: i32| int::new(number.into());
    STRUCT_TIME.make(vec![
        int::new(i64::from(calendar.tm_year) + i64::from(YEAR_BASE)),
        number(calendar.tm_mon + 1),
        number(calendar.tm_mday),
        number(calendar.tm_hour),
        number(calendar.tm_min),
        number(calendar.tm_sec),
        // C's weeks start on Sunday, Python's on Monday.
        number((calendar.tm_wday + 6) % 7),
        number(calendar.tm_yday + 1),
        number(calendar.tm_isdst),
        fs_decode(zone).into_value(),
        int::new(calendar.tm_gmtoff),
    ])
}

/// The time an optional argument stands for: now, unless given.
fn time_argument(seconds: Option<&Value>) -> PyResult<i64> {
    match seconds {
        Some(seconds) => whole_seconds(seconds, Rounding::Floor),
        None => Ok(clock::read(libc::CLOCK_REALTIME).or_raise()?.tv_sec),
    }
}

/// gmtime([seconds]) -> struct_time
///
/// A point in time, now unless given, as the calendar of UTC has it.
#[function(nosig)]
pub fn gmtime(seconds: Option<&Value>) -> PyResult<Value> {
    let calendar = clock::universal(time_argument(seconds)?).or_raise()?;
    Ok(struct_time(&calendar, b"UTC"))
}

/// localtime([seconds]) -> struct_time
///
/// A point in time, now unless given, as the calendar of the local time zone has it.
#[function(nosig)]
pub fn localtime(seconds: Option<&Value>) -> PyResult<Value> {
    let calendar = clock::local(time_argument(seconds)?).or_raise()?;
    Ok(struct_time(&calendar, &clock::zone_name(&calendar)))
}

/// The calendar that a tuple stands for.
fn calendar_of(value: &Value, function: &str) -> PyResult<Calendar> {
    let Some(items) = value.downcast::<Tuple>() else {
        bail!(TypeError, "Tuple or struct_time argument required")
    };
    let Ok(items) = <&[Value; 9]>::try_from(items.as_slice()) else {
        bail!(TypeError, "{function}(): illegal time tuple argument");
    };
    let mut numbers = [0; 9];
    for (number, item) in numbers.iter_mut().zip(items) {
        if !int::is_int(item) && item.class().slots.index.get().is_none() {
            bail!(TypeError, "{function}(): illegal time tuple argument");
        }
        *number = int::as_i32(item)?;
    }
    let [
        year,
        month,
        day,
        hour,
        minute,
        second,
        weekday,
        yearday,
        is_dst,
    ] = numbers;
    if year < i32::MIN + YEAR_BASE {
        bail!(OverflowError, "year out of range");
    }
    let mut fields = clock::empty_calendar();
    fields.tm_year = year - YEAR_BASE;
    fields.tm_mon = month.wrapping_sub(1);
    fields.tm_mday = day;
    fields.tm_hour = hour;
    fields.tm_min = minute;
    fields.tm_sec = second;
    fields.tm_wday = weekday.wrapping_add(1) % 7;
    fields.tm_yday = yearday.wrapping_sub(1);
    fields.tm_isdst = is_dst;
    let mut zone = None;
    if value.class().is(STRUCT_TIME.class()) {
        let name = protocol::getattr(value, id!("tm_zone"))?;
        zone = name
            .downcast::<Str>()
            .and_then(|name| CString::new(name.to_display().as_bytes()).ok());
        let offset = protocol::getattr(value, id!("tm_gmtoff"))?;
        if !offset.is_none() {
            fields.tm_gmtoff = int::as_i64(&offset)?;
        }
    }
    Ok(Calendar { fields, zone })
}

/// Raises ValueError for fields out of their range; a zero where one is the first counts as one.
fn check_fields(calendar: &mut tm) -> PyResult<()> {
    match calendar.tm_mon {
        -1 => calendar.tm_mon = 0,
        0..=11 => {}
        _ => bail!(ValueError, "month out of range"),
    }
    match calendar.tm_mday {
        0 => calendar.tm_mday = 1,
        1..=31 => {}
        _ => bail!(ValueError, "day of month out of range"),
    }
    if !(0..=23).contains(&calendar.tm_hour) {
        bail!(ValueError, "hour out of range");
    }
    if !(0..=59).contains(&calendar.tm_min) {
        bail!(ValueError, "minute out of range");
    }
    if !(0..=61).contains(&calendar.tm_sec) {
        bail!(ValueError, "seconds out of range");
    }
    if calendar.tm_wday < 0 {
        bail!(ValueError, "day of week out of range");
    }
    match calendar.tm_yday {
        -1 => calendar.tm_yday = 0,
        0..=365 => {}
        _ => bail!(ValueError, "day of year out of range"),
    }
    Ok(())
}

fn local_now() -> PyResult<Calendar> {
    let fields = clock::local(time_argument(None)?).or_raise()?;
    let zone = CString::new(clock::zone_name(&fields)).ok();
    Ok(Calendar { fields, zone })
}

/// strftime(format[, tuple]) -> string
///
/// A point in time, the local time now unless given, as text in the form that `format` describes.
#[function(nosig)]
pub fn strftime(format: &Ref<Str>, tuple: Option<&Value>) -> PyResult<Ref<Str>> {
    let mut calendar = match tuple {
        Some(tuple) => {
            let mut calendar = calendar_of(tuple, "strftime")?;
            check_fields(&mut calendar.fields)?;
            calendar
        }
        None => local_now()?,
    };
    calendar.fields.tm_isdst = calendar.fields.tm_isdst.clamp(-1, 1);
    let bytes = crate::filesystem::encode(format)?;
    // Null characters end a format for C: the parts between them are formatted one by one.
    let mut text = Vec::new();
    for (index, part) in bytes.split(|&byte| byte == 0).enumerate() {
        if index > 0 {
            text.push(0);
        }
        if let Ok(part) = CString::new(part)
            && !part.is_empty()
        {
            text.extend(clock::format(
                &part,
                &calendar.fields,
                calendar.zone.as_ref(),
            ));
        }
    }
    Ok(fs_decode(&text))
}

fn c_text(calendar: &tm) -> String {
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[calendar.tm_wday as usize % 7],
        MONTHS[calendar.tm_mon as usize % 12],
        calendar.tm_mday,
        calendar.tm_hour,
        calendar.tm_min,
        calendar.tm_sec,
        i64::from(calendar.tm_year) + i64::from(YEAR_BASE)
    )
}

/// asctime([tuple]) -> string
///
/// A point in time, the local time now unless given, as text like 'Sat Jun 06 16:26:11 1998'.
#[function(nosig)]
pub fn asctime(tuple: Option<&Value>) -> PyResult<String> {
    let calendar = match tuple {
        Some(tuple) => {
            let mut calendar = calendar_of(tuple, "asctime")?;
            check_fields(&mut calendar.fields)?;
            calendar
        }
        None => local_now()?,
    };
    Ok(c_text(&calendar.fields))
}

/// ctime(seconds) -> string
///
/// A point in time, now unless given, as text like 'Sat Jun 06 16:26:11 1998' in local time.
#[function(nosig)]
pub fn ctime(seconds: Option<&Value>) -> PyResult<String> {
    Ok(c_text(&clock::local(time_argument(seconds)?).or_raise()?))
}

/// mktime(tuple) -> floating-point number
///
/// The seconds since the start of 1970 in UTC at a local time.
#[function("($self, object, /)")]
pub fn mktime(object: &Value) -> PyResult<f64> {
    match clock::from_local(calendar_of(object, "mktime")?.fields) {
        Some(time) => Ok(time as f64),
        None => bail!(OverflowError, "mktime argument out of range"),
    }
}

/// strptime(string, format) -> struct_time
///
/// The point in time that a text in the form of `format` stands for.
#[function(nosig)]
pub fn strptime(args: taipan_objects::args::Args<'_>) -> PyResult<Value> {
    let parse = runtime::import_attribute("_strptime", "_strptime_time")?;
    protocol::call(&parse, args)
}
