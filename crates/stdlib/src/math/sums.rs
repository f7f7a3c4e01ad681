//! Sums and products of many numbers, and distances.
//!
//! Sums of floats carry the rounding errors along: [`Exact`] as a list of partial sums that do not overlap, [`Triple`] as
//! three floats, [`norm`] as two. So the results are rounded once, or nearly so.

use taipan_macros::function;
use taipan_objects::int::{self, IntView};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Value;
use taipan_objects::{bail, float};

use super::floats::{scale, split};

/// A sum and what rounding took from it; the sum of both is exact.
fn exact_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let from_b = sum - a;
    let from_a = sum - from_b;
    (sum, (a - from_a) + (b - from_b))
}

/// As [`exact_sum`] where `a` has at least the magnitude of `b`.
fn exact_sum_ordered(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, (a - sum) + b)
}

/// A product and what rounding took from it.
fn exact_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// A sum of floats without rounding errors: partial sums of rising magnitude that do not overlap.
#[derive(Default)]
struct Exact {
    partials: Vec<f64>,
    /// The sum of the terms that are not finite.
    special: f64,
    /// The sum of the infinities alone.
    infinities: f64,
}

impl Exact {
    fn add(&mut self, term: f64) -> PyResult<()> {
        let mut x = term;
        let mut kept = 0;
        for index in 0..self.partials.len() {
            let mut y = self.partials[index];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let (high, low) = exact_sum_ordered(x, y);
            if low != 0.0 {
                self.partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        self.partials.truncate(kept);
        if x == 0.0 {
            return Ok(());
        }
        if x.is_finite() {
            self.partials.push(x);
            return Ok(());
        }
        if term.is_finite() {
            bail!(OverflowError, "intermediate overflow in fsum");
        }
        if term.is_infinite() {
            self.infinities += term;
        }
        self.special += term;
        self.partials.clear();
        Ok(())
    }

    fn total(mut self) -> PyResult<f64> {
        if self.special != 0.0 {
            if self.infinities.is_nan() {
                bail!(ValueError, "-inf + inf in fsum");
            }
            return Ok(self.special);
        }
        let Some(mut high) = self.partials.pop() else {
            return Ok(0.0);
        };
        let mut low = 0.0;
        while let Some(next) = self.partials.pop() {
            (high, low) = exact_sum_ordered(high, next);
            if low != 0.0 {
                break;
            }
        }
        // Halfway cases round to even, unless a further partial sum tips the balance.
        if let Some(&next) = self.partials.last()
            && (low < 0.0 && next < 0.0 || low > 0.0 && next > 0.0)
        {
            let doubled = low * 2.0;
            let sum = high + doubled;
            if sum - high == doubled {
                high = sum;
            }
        }
        Ok(high)
    }
}

/// The sum of the floats of an iterable, rounded once.
#[function("(seq, /)")]
pub fn fsum(seq: &Value) -> PyResult<f64> {
    let mut sum = Exact::default();
    protocol::iterate(seq, |item| sum.add(float::as_f64(&item)?))?;
    sum.total()
}

/// The product of the numbers of an iterable, times the start value.
///
/// An empty iterable gives the start value. Values that are not numbers may be refused.
#[function("(iterable, /, *, start=1)")]
pub fn prod(iterable: &Value, start: Option<&Value>) -> PyResult<Value> {
    let mut product = start.cloned().unwrap_or_else(|| int::new(1));
    protocol::iterate(iterable, |item| {
        product = match int::multiply_small(&product, &item)
            .or_else(|| float::multiply_mixed(&product, &item))
        {
            Some(product) => product,
            None => protocol::multiply(&product, &item)?,
        };
        Ok(())
    })?;
    Ok(product)
}

/// A sum of three floats of falling magnitude.
#[derive(Clone, Copy, Default)]
struct Triple {
    high: f64,
    low: f64,
    tiny: f64,
}

impl Triple {
    fn add_product(self, x: f64, y: f64) -> Triple {
        let (product, product_error) = exact_product(x, y);
        let (high, high_error) = exact_sum(self.high, product);
        let (low, low_error) = exact_sum(self.low, product_error);
        let (low, second_error) = exact_sum(low, high_error);
        Triple {
            high,
            low,
            tiny: self.tiny + low_error + second_error,
        }
    }

    fn total(self) -> f64 {
        let (low, _) = exact_sum(self.low, self.tiny);
        self.high + low
    }
}

/// The running total of [`sumprod`], in the fastest form that the numbers so far allow. A form is left for good when
/// numbers come that it cannot take.
struct SumOfProducts {
    total: Value,
    ints: Option<i64>,
    floats: Option<Triple>,
    floats_used: bool,
}

impl SumOfProducts {
    fn add(&mut self, p: &Value, q: &Value) -> PyResult<()> {
        if let Some(sum) = self.ints {
            let next = match (exact_small(p), exact_small(q)) {
                (Some(p), Some(q)) => p
                    .checked_mul(q)
                    .and_then(|product| sum.checked_add(product)),
                _ => None,
            };
            if let Some(next) = next {
                self.ints = Some(next);
                return Ok(());
            }
            self.leave_ints()?;
        }
        if let Some(sum) = self.floats {
            let next = float_pair(p, q)
                .map(|(p, q)| sum.add_product(p, q))
                .filter(|next| next.high.is_finite());
            if let Some(next) = next {
                self.floats = Some(next);
                self.floats_used = true;
                return Ok(());
            }
            self.leave_floats()?;
        }
        let product = protocol::multiply(p, q)?;
        self.total = protocol::add(&self.total, &product)?;
        Ok(())
    }

    fn leave_ints(&mut self) -> PyResult<()> {
        if let Some(sum) = self.ints.take()
            && sum != 0
        {
            self.total = protocol::add(&self.total, &int::new(sum))?;
        }
        Ok(())
    }

    fn leave_floats(&mut self) -> PyResult<()> {
        if let Some(sum) = self.floats.take()
            && self.floats_used
        {
            self.total = protocol::add(&self.total, &float::new(sum.total()))?;
        }
        Ok(())
    }
}

/// An exact `int` that fits 64 bits.
fn exact_small(value: &Value) -> Option<i64> {
    if int::is_exact(value) {
        int::to_i64(value)
    } else {
        None
    }
}

/// Two floats, or a float and an int, as floats.
fn float_pair(p: &Value, q: &Value) -> Option<(f64, f64)> {
    let whole = |value: &Value| {
        (int::is_exact(value) || value.is_true() || value.is_false())
            .then(|| int::view(value).and_then(IntView::to_f64))
            .flatten()
    };
    match (float::exact(p), float::exact(q)) {
        (Some(p), Some(q)) => Some((p, q)),
        (Some(p), None) => Some((p, whole(q)?)),
        (None, Some(q)) => Some((whole(p)?, q)),
        (None, None) => None,
    }
}

/// The sum of the products of the numbers of two iterables, pair by pair.
///
/// Sums of floats are carried in extended precision.
#[function("(p, q, /)")]
pub fn sumprod(p: &Value, q: &Value) -> PyResult<Value> {
    let (left, right) = (protocol::iter(p)?, protocol::iter(q)?);
    let mut sum = SumOfProducts {
        total: int::new(0),
        ints: Some(0),
        floats: Some(Triple::default()),
        floats_used: false,
    };
    loop {
        match (protocol::next(&left)?, protocol::next(&right)?) {
            (Some(p), Some(q)) => sum.add(&p, &q)?,
            (None, None) => break,
            _ => bail!(ValueError, "Inputs are not the same length"),
        }
    }
    sum.leave_ints()?;
    sum.leave_floats()?;
    Ok(sum.total)
}

/// The length of a vector, given its components' magnitudes and the largest of them.
fn norm(vector: &mut [f64], largest: f64, has_nan: bool) -> f64 {
    if largest.is_infinite() {
        return largest;
    }
    if has_nan {
        return f64::NAN;
    }
    if largest == 0.0 || vector.len() <= 1 {
        return largest;
    }
    let (_, exponent) = split(largest);
    if exponent < -1023 {
        // The inverse of the scale would be infinite.
        vector.iter_mut().for_each(|x| *x /= f64::MIN_POSITIVE);
        return f64::MIN_POSITIVE * norm(vector, largest / f64::MIN_POSITIVE, has_nan);
    }
    // Scaled by a power of two, the largest component is at least a half: squares neither overflow nor vanish.
    let scale = scale(1.0, -exponent);
    let mut sum = 1.0;
    let (mut product_errors, mut sum_errors) = (0.0, 0.0);
    for x in vector {
        let x = *x * scale;
        let (square, square_error) = exact_product(x, x);
        let (next, error) = exact_sum_ordered(sum, square);
        sum = next;
        product_errors += square_error;
        sum_errors += error;
    }
    let mut root = (sum - 1.0 + (product_errors + sum_errors)).sqrt();
    // One step of Newton's method with the exact residue.
    let (square, square_error) = exact_product(-root, root);
    let (next, error) = exact_sum_ordered(sum, square);
    product_errors += square_error;
    sum_errors += error;
    let residue = next - 1.0 + (product_errors + sum_errors);
    root += residue / (2.0 * root);
    root / scale
}

fn norm_of(components: impl Iterator<Item = PyResult<f64>>) -> PyResult<f64> {
    let mut vector = Vec::with_capacity(components.size_hint().0);
    let (mut largest, mut has_nan) = (0.0, false);
    for component in components {
        let component = component?.abs();
        has_nan |= component.is_nan();
        largest = component.max(largest);
        vector.push(component);
    }
    Ok(norm(&mut vector, largest, has_nan))
}

/// The distance of a point from the origin: the root of the sum of the squares of its coordinates.
#[function("(*coordinates)")]
pub fn hypot(coordinates: &[Value]) -> PyResult<f64> {
    norm_of(coordinates.iter().map(float::as_f64))
}

/// The distance between two points, each a sequence of as many coordinates.
#[function("(p, q, /)")]
pub fn dist(p: &Value, q: &Value) -> PyResult<f64> {
    let coordinates = |point: &Value| match point.downcast_exact::<Tuple>() {
        Some(tuple) => Ok(tuple.to_vec()),
        None => protocol::collect(point),
    };
    let (p, q) = (coordinates(p)?, coordinates(q)?);
    if p.len() != q.len() {
        bail!(
            ValueError,
            "both points must have the same number of dimensions"
        );
    }
    norm_of(
        p.iter()
            .zip(&q)
            .map(|(p, q)| Ok(float::as_f64(p)? - float::as_f64(q)?)),
    )
}
