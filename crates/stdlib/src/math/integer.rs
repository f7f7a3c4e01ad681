//! Number theory: divisors, roots, factorials, combinations.

use malachite_base::num::arithmetic::traits::Factorial;
use malachite_nz::natural::Natural;
use num_integer::Integer as _;
use num_traits::{One, Signed, Zero};
use taipan_macros::function;
use taipan_objects::bail;
use taipan_objects::int::{self, BigInt, BigUint, IntView};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

/// The largest argument of `factorial`: a C long.
const MOST_FACTORS: u64 = i64::MAX as u64;

/// The greatest common divisor of two ints, not negative.
fn common_divisor(left: &Value, right: &Value) -> Value {
    if let (Some(left), Some(right)) = (
        int::view(left).and_then(IntView::unsigned_abs),
        int::view(right).and_then(IntView::unsigned_abs),
    ) {
        return int::from_u64(left.gcd(&right));
    }
    match (int::to_big(left), int::to_big(right)) {
        (Some(left), Some(right)) => int::from_big(left.gcd(&right)),
        _ => int::new(0),
    }
}

/// The greatest common divisor of all the integers; 0 if there is none but zeros.
#[function("(*integers)")]
pub fn gcd(integers: &[Value]) -> PyResult<Value> {
    let mut divisor = int::new(0);
    for integer in integers {
        divisor = common_divisor(&divisor, &protocol::index(integer)?);
    }
    Ok(divisor)
}

/// The least common multiple of all the integers; 0 if one of them is, and 1 if there are none.
#[function("(*integers)")]
pub fn lcm(integers: &[Value]) -> PyResult<Value> {
    let mut multiple = int::new(1);
    for integer in integers {
        let integer = protocol::index(integer)?;
        if multiple.is(&int::new(0)) {
            continue;
        }
        let divisor = common_divisor(&multiple, &integer);
        if divisor.is(&int::new(0)) {
            multiple = int::new(0);
            continue;
        }
        multiple = protocol::absolute(&protocol::multiply(
            &protocol::floor_divide(&multiple, &divisor)?,
            &integer,
        )?)?;
    }
    Ok(multiple)
}

/// The whole part of the square root of n.
#[function("(n, /)")]
pub fn isqrt(n: &Value) -> PyResult<Value> {
    let root = int::with_index(n, |view| {
        if view.is_negative() {
            return None;
        }
        Some(match view {
            IntView::Small(small) => int::new(small.isqrt()),
            IntView::Big(big) => int::from_big(big.sqrt()),
        })
    })?;
    match root {
        Some(root) => Ok(root),
        None => bail!(ValueError, "isqrt() argument must be nonnegative"),
    }
}

/// n factorial: the product of the ints from 1 to n.
#[function("(n, /)")]
pub fn factorial(n: &Value) -> PyResult<Value> {
    let count = int::with_index(n, |view| match view {
        _ if view.is_negative() => Err(taipan_objects::exc!(
            ValueError,
            "factorial() not defined for negative values"
        )),
        IntView::Small(small) => Ok(small as u64),
        IntView::Big(_) => Err(taipan_objects::exc!(
            OverflowError,
            "factorial() argument should not exceed {MOST_FACTORS}"
        )),
    })??;
    // Far beyond what memory holds: Stirling's formula gives about n * log2(n/e) bits.
    if count > 1 << 32 {
        bail!(MemoryError, "");
    }
    Ok(int::from_biguint(BigUint::from(Natural::factorial(count))))
}

/// The number of ways to choose k things out of n, in order and without repetition; all of them unless k is given.
#[function("(n, k=None, /)")]
pub fn perm(n: &Value, k: Option<&Value>) -> PyResult<Value> {
    let Some(k) = k else { return factorial(n) };
    let (n, k) = (int::as_big(n)?, int::as_big(k)?);
    check_not_negative(&n, &k)?;
    if k > n {
        return Ok(int::new(0));
    }
    let Ok(k) = i64::try_from(&k) else {
        bail!(OverflowError, "k must not exceed {}", i64::MAX)
    };
    Ok(int::from_big(falling_product(&n, k as u64)))
}

/// The number of ways to choose k things out of n, without order and without repetition.
#[function("(n, k, /)")]
pub fn comb(n: &Value, k: &Value) -> PyResult<Value> {
    let (n, k) = (int::as_big(n)?, int::as_big(k)?);
    check_not_negative(&n, &k)?;
    if k > n {
        return Ok(int::new(0));
    }
    let other = &n - &k;
    let Ok(k) = i64::try_from(if other < k { &other } else { &k }) else {
        bail!(OverflowError, "min(n - k, k) must not exceed {}", i64::MAX);
    };
    if let Some(count) = u64::try_from(&n)
        .ok()
        .and_then(|n| small_combinations(n, k as u64))
    {
        return Ok(int::from_u64(count));
    }
    Ok(int::from_big(combinations(&n, k as u64)))
}

fn check_not_negative(n: &BigInt, k: &BigInt) -> PyResult<()> {
    if n.is_negative() {
        bail!(ValueError, "n must be a non-negative integer");
    }
    if k.is_negative() {
        bail!(ValueError, "k must be a non-negative integer");
    }
    Ok(())
}

/// Combinations whose count, and every count on the way, fits 64 bits.
fn small_combinations(n: u64, k: u64) -> Option<u64> {
    let mut count = 1u128;
    for step in 0..k.min(64) {
        // The product of `step + 1` neighbours is divisible by the factorial of `step + 1`.
        count = count * u128::from(n - step) / u128::from(step + 1);
        if count > u128::from(u64::MAX) {
            return None;
        }
    }
    if k > 64 { None } else { Some(count as u64) }
}

/// Combinations by halves: C(n, k) = C(n, j) * C(n - j, k - j) / C(k, j).
fn combinations(n: &BigInt, k: u64) -> BigInt {
    if k == 0 {
        return BigInt::one();
    }
    if k <= 20 {
        let divisor: u64 = (1..=k).product();
        return falling_product(n, k) / divisor;
    }
    let half = k / 2;
    let product = combinations(n, half) * combinations(&(n - half), k - half);
    product / combinations(&BigInt::from(k), half)
}

/// n * (n - 1) * … of k factors, by halves so that the factors of each product are of a size.
fn falling_product(n: &BigInt, k: u64) -> BigInt {
    match k {
        0 => BigInt::one(),
        1 => n.clone(),
        _ if n.is_zero() => BigInt::zero(),
        _ => {
            let half = k / 2;
            falling_product(n, half) * falling_product(&(n - half), k - half)
        }
    }
}
