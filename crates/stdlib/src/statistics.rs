//! The module `_statistics`: the quantiles of the normal distribution.
//!
//! Wichura's algorithm AS 241 (PPND16): a rational function near the middle, two more for the tails, each accurate to
//! about sixteen digits.

use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::raised::PyResult;

/// Coefficients of one rational function, from the highest power down.
struct Rational {
    numerator: [f64; 8],
    denominator: [f64; 8],
}

impl Rational {
    fn at(&self, x: f64) -> f64 {
        let horner = |coefficients: &[f64; 8]| coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient);
        horner(&self.numerator) / horner(&self.denominator)
    }
}

/// For probabilities within 0.425 of a half.
const MIDDLE: Rational = Rational {
    numerator: [
        2.5090809287301226727e+3,
        3.3430575583588128105e+4,
        6.7265770927008700853e+4,
        4.5921953931549871457e+4,
        1.3731693765509461125e+4,
        1.9715909503065514427e+3,
        1.3314166789178437745e+2,
        3.3871328727963666080e+0,
    ],
    denominator: [
        5.2264952788528545610e+3,
        2.8729085735721942674e+4,
        3.9307895800092710610e+4,
        2.1213794301586595867e+4,
        5.3941960214247511077e+3,
        6.8718700749205790830e+2,
        4.2313330701600911252e+1,
        1.0,
    ],
};

/// For probabilities above about 1e-11, or as near to one.
const NEAR_TAIL: Rational = Rational {
    numerator: [
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e+0,
        3.64784832476320460504e+0,
        5.76949722146069140550e+0,
        4.63033784615654529590e+0,
        1.42343711074968357734e+0,
    ],
    denominator: [
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e+0,
        2.05319162663775882187e+0,
        1.0,
    ],
};

/// For probabilities nearer to zero or one than that.
const FAR_TAIL: Rational = Rational {
    numerator: [
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e+0,
        5.46378491116411436990e+0,
        6.65790464350110377720e+0,
    ],
    denominator: [
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ],
};

#[function("(p, mu, sigma, /)")]
fn _normal_dist_inv_cdf(p: f64, mu: f64, sigma: f64) -> PyResult<f64> {
    if p <= 0.0 || p >= 1.0 || sigma <= 0.0 {
        bail!(ValueError, "inverse cdf undefined for these parameters");
    }
    let from_middle = p - 0.5;
    if from_middle.abs() <= 0.425 {
        let x = MIDDLE.at(0.180625 - from_middle * from_middle) * from_middle;
        return Ok(mu + x * sigma);
    }
    let tail = if from_middle <= 0.0 { p } else { 1.0 - p };
    let distance = (-tail.ln()).sqrt();
    let x = if distance <= 5.0 { NEAR_TAIL.at(distance - 1.6) } else { FAR_TAIL.at(distance - 5.0) };
    Ok(mu + if from_middle < 0.0 { -x } else { x } * sigma)
}

define_module! {
    name = "_statistics",
    doc = "Functions of statistics that are worth their own code.",
    functions(_normal_dist_inv_cdf),
}
