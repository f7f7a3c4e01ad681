//! `sum`, with its fast paths: ints in a machine word, floats and complex numbers with compensated summation.

use taipan_macros::function;
use taipan_objects::bytes::{ByteArray, Bytes};
use taipan_objects::complex::{self, Complex};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Value;
use taipan_objects::{bail, float, int, protocol};

/// Return the sum of a start value and the numbers of an iterable.
///
/// An empty iterable answers the start value. This is for numbers and may refuse others.
#[function("(iterable, /, start=0)")]
pub(super) fn sum(iterable: &Value, start: Option<&Value>) -> PyResult<Value> {
    let iterator = protocol::iter(iterable)?;
    let mut total = match start {
        None => int::new(0),
        Some(start) => {
            refuse_texts(start)?;
            start.clone()
        }
    };
    // Each way of adding goes as far as it can; the item that ends it is added in the general way.
    let fast: [(
        fn(&Value) -> bool,
        fn(&Value, &mut Value) -> PyResult<Option<Value>>,
    ); 3] = [
        (fits_word, sum_ints),
        (float::is_exact, sum_floats),
        (is_complex, sum_complex),
    ];
    for (applies, add_up) in fast {
        if applies(&total) {
            match add_up(&iterator, &mut total)? {
                Some(item) => total = protocol::add(&total, &item)?,
                None => return Ok(total),
            }
        }
    }
    while let Some(item) = protocol::next(&iterator)? {
        total = protocol::add(&total, &item)?;
    }
    Ok(total)
}

fn fits_word(value: &Value) -> bool {
    int::is_exact(value) && int::to_i64(value).is_some()
}

fn is_complex(value: &Value) -> bool {
    value.downcast_exact::<Complex>().is_some()
}

fn refuse_texts(start: &Value) -> PyResult<()> {
    if start.downcast::<Str>().is_some() {
        bail!(
            TypeError,
            "sum() can't sum strings [use ''.join(seq) instead]"
        );
    }
    if start.downcast::<Bytes>().is_some() {
        bail!(
            TypeError,
            "sum() can't sum bytes [use b''.join(seq) instead]"
        );
    }
    if start.downcast::<ByteArray>().is_some() {
        bail!(
            TypeError,
            "sum() can't sum bytearray [use b''.join(seq) instead]"
        );
    }
    Ok(())
}

/// Adds ints while they fit a machine word. Answers the first item that does not go along, which is not added yet.
fn sum_ints(iterator: &Value, total: &mut Value) -> PyResult<Option<Value>> {
    let mut word = int::to_i64(total).unwrap_or_default();
    while let Some(item) = protocol::next(iterator)? {
        let plain = int::is_exact(&item) || item.is_true() || item.is_false();
        let added = if plain {
            int::to_i64(&item).and_then(|number| word.checked_add(number))
        } else {
            None
        };
        match added {
            Some(added) => word = added,
            None => {
                *total = int::new(word);
                return Ok(Some(item));
            }
        }
    }
    *total = int::new(word);
    Ok(None)
}

/// A sum of floats and what rounding lost of it (Neumaier's variant of Kahan's summation).
#[derive(Clone, Copy)]
struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    fn new(start: f64) -> Compensated {
        Compensated {
            high: start,
            low: 0.0,
        }
    }

    fn add(&mut self, number: f64) {
        let sum = self.high + number;
        self.low += if self.high.abs() >= number.abs() {
            (self.high - sum) + number
        } else {
            (number - sum) + self.high
        };
        self.high = sum;
    }

    fn value(self) -> f64 {
        // An infinite or undefined remainder would spoil a sum that is exact.
        if self.low != 0.0 && self.low.is_finite() {
            self.high + self.low
        } else {
            self.high
        }
    }
}

/// As [`sum_ints`] for floats; ints go along.
fn sum_floats(iterator: &Value, total: &mut Value) -> PyResult<Option<Value>> {
    let mut sum = Compensated::new(float::value_of(total).unwrap_or_default());
    while let Some(item) = protocol::next(iterator)? {
        if let Some(number) = float::exact(&item) {
            sum.add(number);
        } else if int::is_int(&item) {
            sum.add(float::int_to_f64(&item)?);
        } else {
            *total = float::new(sum.value());
            return Ok(Some(item));
        }
    }
    *total = float::new(sum.value());
    Ok(None)
}

/// As [`sum_floats`] for complex numbers; ints and floats go along.
fn sum_complex(iterator: &Value, total: &mut Value) -> PyResult<Option<Value>> {
    let start = complex::parts_of(total).unwrap_or_default();
    let (mut real, mut imaginary) = (Compensated::new(start.re), Compensated::new(start.im));
    let mut rest = None;
    while let Some(item) = protocol::next(iterator)? {
        if item.downcast_exact::<Complex>().is_some() {
            let parts = complex::parts_of(&item).unwrap_or_default();
            real.add(parts.re);
            imaginary.add(parts.im);
        } else if let Some(number) = float::value_of(&item) {
            real.add(number);
        } else if int::is_int(&item) {
            real.add(float::int_to_f64(&item)?);
        } else {
            rest = Some(item);
            break;
        }
    }
    *total = complex::new(real.value(), imaginary.value());
    Ok(rest)
}
