//! Methods of `str` that bring text to a width: `center`, `ljust`, `rjust`, `zfill`, `expandtabs`.

use taipan_macros::methods;

use crate::each_kind;
use crate::heap;
use crate::raised::PyResult;
use crate::str::{Kind, Str, StrBuilder};
use crate::value::{Ref, Value};

/// The code point that `value`, a string of one character, fills with.
fn fill_of(value: Option<&Value>) -> PyResult<u32> {
    let Some(value) = value else {
        return Ok(' '.into());
    };
    let Some(fill) = value.downcast::<Str>() else {
        bail!(
            TypeError,
            "The fill character must be a unicode character, not {}",
            value.class().name()
        );
    };
    match fill.len() {
        1 => Ok(fill.units().at(0)),
        _ => bail!(
            TypeError,
            "The fill character must be exactly one character long"
        ),
    }
}

/// The text with `left` and `right` fill characters around it.
fn pad(text: &Ref<Str>, left: usize, right: usize, fill: u32) -> PyResult<Ref<Str>> {
    if left == 0 && right == 0 {
        return Ok(text.to_exact());
    }
    let kind = text.kind().max(Kind::of_code_bits(fill));
    let Some(total) = left
        .checked_add(right)
        .and_then(|sum| sum.checked_add(text.len()))
        .filter(|&total| total <= isize::MAX as usize)
    else {
        bail!(OverflowError, "padded string is too long");
    };
    heap::ensure_room(total.saturating_mul(2 << kind.shift()))?;
    let mut out = StrBuilder::with_capacity(total);
    out.push_repeated(fill, left);
    out.push_string(text);
    out.push_repeated(fill, right);
    Ok(out.finish())
}

/// How many characters are missing to `width`.
fn missing(text: &Str, width: isize) -> usize {
    usize::try_from(width)
        .unwrap_or(0)
        .saturating_sub(text.len())
}

#[methods(part = padding)]
impl Str {
    /// The string in the middle of a string of at least the given width.
    #[method("($self, width, fillchar=' ', /)")]
    fn center(this: &Ref<Str>, width: isize, fillchar: Option<&Value>) -> PyResult<Ref<Str>> {
        let fill = fill_of(fillchar)?;
        let missing = missing(this, width);
        // An odd rest goes to the left where the width is odd.
        let left = missing / 2 + (missing & width as usize & 1);
        pad(this, left, missing - left, fill)
    }

    /// The string at the left of a string of at least the given width.
    #[method("($self, width, fillchar=' ', /)")]
    fn ljust(this: &Ref<Str>, width: isize, fillchar: Option<&Value>) -> PyResult<Ref<Str>> {
        let fill = fill_of(fillchar)?;
        pad(this, 0, missing(this, width), fill)
    }

    /// The string at the right of a string of at least the given width.
    #[method("($self, width, fillchar=' ', /)")]
    fn rjust(this: &Ref<Str>, width: isize, fillchar: Option<&Value>) -> PyResult<Ref<Str>> {
        let fill = fill_of(fillchar)?;
        pad(this, missing(this, width), 0, fill)
    }

    /// The numeral filled up with zeros on the left, behind its sign.
    #[method]
    fn zfill(this: &Ref<Str>, width: isize) -> PyResult<Ref<Str>> {
        let missing = missing(this, width);
        if missing == 0 {
            return Ok(this.to_exact());
        }
        let sign = this
            .char_at(0)
            .filter(|&code| code == u32::from('+') || code == u32::from('-'));
        let Some(sign) = sign else {
            return pad(this, missing, 0, '0'.into());
        };
        heap::ensure_room((missing + this.len()).saturating_mul(2 << this.kind().shift()))?;
        let mut out = StrBuilder::with_capacity(missing + this.len());
        out.push(sign);
        out.push_repeated('0'.into(), missing);
        out.push_part(this.units().range(1..this.len()));
        Ok(out.finish())
    }

    /// A copy of the string in which tabs are replaced by spaces up to the next multiple of tabsize.
    #[method("($self, /, tabsize=8)")]
    fn expandtabs(this: &Ref<Str>, tabsize: i32) -> PyResult<Ref<Str>> {
        if this.units().find_code('\t'.into()).is_none() {
            return Ok(this.to_exact());
        }
        let tabsize = usize::try_from(tabsize).unwrap_or(0);
        let mut total: usize = 0;
        let mut column = 0;
        let mut spaces = Vec::new();
        for code in this.code_points() {
            let width = match char::from_u32(code) {
                Some('\t') => {
                    let width = if tabsize > 0 {
                        tabsize - column % tabsize
                    } else {
                        0
                    };
                    spaces.push(width);
                    column += width;
                    width
                }
                Some('\n' | '\r') => {
                    column = 0;
                    1
                }
                _ => {
                    column += 1;
                    1
                }
            };
            total = match total
                .checked_add(width)
                .filter(|&total| total <= isize::MAX as usize)
            {
                Some(total) => total,
                None => bail!(OverflowError, "new string is too long"),
            };
        }
        heap::ensure_room(total.saturating_mul(2 << this.kind().shift()))?;
        let mut out = StrBuilder::with_capacity(total);
        let mut spaces = spaces.into_iter();
        each_kind!(this.units(), units => for &unit in units {
            match u32::from(unit) {
                0x09 => out.push_repeated(' '.into(), spaces.next().expect("one width per tab")),
                code => out.push(code),
            }
        });
        Ok(out.finish())
    }
}
