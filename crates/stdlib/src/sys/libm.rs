//! Functions of the platform's mathematical C library that Rust's standard library does not offer, or computes in its
//! own way. They are pure functions of numbers, so calling them is safe.

// SAFETY: the declarations are the C library's.
unsafe extern "C" {
    pub safe fn acosh(x: f64) -> f64;
    pub safe fn asinh(x: f64) -> f64;
    pub safe fn atanh(x: f64) -> f64;
    pub safe fn erf(x: f64) -> f64;
    pub safe fn erfc(x: f64) -> f64;
    pub safe fn exp2(x: f64) -> f64;
    pub safe fn log1p(x: f64) -> f64;
    pub safe fn remainder(x: f64, y: f64) -> f64;
}
