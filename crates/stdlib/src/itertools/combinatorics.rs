//! `product`, `permutations`, `combinations`, `combinations_with_replacement`.
//!
//! Each walks its selections in lexicographic order of positions. The state is a vector of positions; the step to the next
//! selection touches nothing but positions, so no foreign code runs in it.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::class::Type;
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// How far a walk over selections is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Fresh,
    Running,
    Ended,
}

fn select(pool: &Ref<Tuple>, positions: &[usize]) -> Value {
    let pool = pool.as_slice();
    Tuple::new(
        positions
            .iter()
            .map(|&position| pool[position].clone())
            .collect(),
    )
    .into_value()
}

fn checked_length(r: isize) -> PyResult<usize> {
    match usize::try_from(r) {
        Ok(length) => Ok(length),
        Err(_) => bail!(ValueError, "r must be non-negative"),
    }
}

/// Room for so many positions, or MemoryError.
fn positions(count: usize, at: impl Fn(usize) -> usize) -> PyResult<Vec<usize>> {
    let mut positions = Vec::new();
    if positions.try_reserve_exact(count).is_err() {
        bail!(MemoryError, "");
    }
    positions.extend((0..count).map(at));
    Ok(positions)
}

/// `product`: every choice of one item from each pool.
#[class(
    name = "product",
    module = "itertools",
    doc = "An iterator over the cartesian product of iterables: tuples with one item of each, the last changing fastest.\n\nrepeat=n takes the iterables n times over.",
    flags(BASETYPE)
)]
pub struct Product {
    pools: Vec<Ref<Tuple>>,
    #[untraced]
    positions: RefCell<Vec<usize>>,
    #[untraced]
    progress: Cell<Progress>,
}

#[methods]
impl Product {
    #[new("(*iterables, repeat=1)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Product>> {
        let mut repeat = 1;
        for (name, value) in args.keywords() {
            if !name.eq_str("repeat") {
                bail!(
                    TypeError,
                    "product() got an unexpected keyword argument '{}'",
                    name.to_display()
                );
            }
            repeat = int::as_isize(value)?;
        }
        if repeat < 0 {
            bail!(ValueError, "repeat argument cannot be negative");
        }
        let iterables = if repeat == 0 { &[] } else { args.positional() };
        let Some(count) = iterables
            .len()
            .checked_mul(repeat as usize)
            .filter(|&count| count <= isize::MAX as usize / 8)
        else {
            bail!(OverflowError, "repeat argument too large");
        };
        let once: Vec<Ref<Tuple>> = iterables
            .iter()
            .map(Tuple::from_iterable)
            .collect::<PyResult<_>>()?;
        let positions = positions(count, |_| 0)?;
        let pools = positions
            .iter()
            .enumerate()
            .map(|(index, _)| once[index % once.len()].clone())
            .collect();
        let payload = Product {
            pools,
            positions: RefCell::new(positions),
            progress: Cell::new(Progress::Fresh),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Product>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let mut positions = self.positions.borrow_mut();
        let mut progress = self.progress.get();
        match progress {
            Progress::Fresh if self.pools.iter().any(|pool| pool.is_empty()) => {
                progress = Progress::Ended
            }
            Progress::Fresh => progress = Progress::Running,
            Progress::Running => {
                progress = Progress::Ended;
                for (position, pool) in positions.iter_mut().zip(&self.pools).rev() {
                    *position += 1;
                    if *position < pool.len() {
                        progress = Progress::Running;
                        break;
                    }
                    *position = 0;
                }
            }
            Progress::Ended => {}
        }
        self.progress.set(progress);
        if progress == Progress::Ended {
            return Ok(None);
        }
        let items = positions
            .iter()
            .zip(&self.pools)
            .map(|(&position, pool)| pool.as_slice()[position].clone());
        Ok(Some(Tuple::new(items.collect()).into_value()))
    }

    /// The bytes that the object takes.
    #[method]
    fn __sizeof__(this: &Ref<Product>) -> usize {
        this.class().layout().size + this.pools.len() * 16
    }
}

/// `combinations`: selections without order, each position once.
#[class(
    name = "combinations",
    module = "itertools",
    doc = "An iterator over the selections of r items from an iterable, in the order of the items.",
    flags(BASETYPE)
)]
pub struct Combinations {
    pool: Ref<Tuple>,
    #[untraced]
    positions: RefCell<Vec<usize>>,
    #[untraced]
    progress: Cell<Progress>,
}

#[methods]
impl Combinations {
    #[new("(iterable, r)")]
    fn make(class: &Ref<Type>, iterable: &Value, r: isize) -> PyResult<Ref<Combinations>> {
        let pool = Tuple::from_iterable(iterable)?;
        let length = checked_length(r)?;
        let progress = Cell::new(if length > pool.len() {
            Progress::Ended
        } else {
            Progress::Fresh
        });
        let positions = RefCell::new(positions(length.min(pool.len()), |index| index)?);
        Ok(heap::new_object(
            class,
            Combinations {
                pool,
                positions,
                progress,
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Combinations>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let mut positions = self.positions.borrow_mut();
        match self.progress.get() {
            Progress::Ended => return Ok(None),
            Progress::Fresh => self.progress.set(Progress::Running),
            Progress::Running => {
                let (len, count) = (self.pool.len(), positions.len());
                // The last position that is not yet as far right as it can be.
                let Some(moving) = (0..count)
                    .rev()
                    .find(|&index| positions[index] != index + len - count)
                else {
                    self.progress.set(Progress::Ended);
                    return Ok(None);
                };
                let start = positions[moving] + 1;
                for (offset, position) in positions[moving..].iter_mut().enumerate() {
                    *position = start + offset;
                }
            }
        }
        Ok(Some(select(&self.pool, &positions)))
    }

    /// The bytes that the object takes.
    #[method]
    fn __sizeof__(this: &Ref<Combinations>) -> usize {
        this.class().layout().size + this.positions.borrow().len() * 8
    }
}

/// `combinations_with_replacement`: selections without order, positions as often as they come.
#[class(
    name = "combinations_with_replacement",
    module = "itertools",
    doc = "An iterator over the selections of r items from an iterable, each of which may be taken several times.",
    flags(BASETYPE)
)]
pub struct CombinationsWithReplacement {
    pool: Ref<Tuple>,
    #[untraced]
    positions: RefCell<Vec<usize>>,
    #[untraced]
    progress: Cell<Progress>,
}

#[methods]
impl CombinationsWithReplacement {
    #[new("(iterable, r)")]
    fn make(
        class: &Ref<Type>,
        iterable: &Value,
        r: isize,
    ) -> PyResult<Ref<CombinationsWithReplacement>> {
        let pool = Tuple::from_iterable(iterable)?;
        let length = checked_length(r)?;
        let ended = pool.is_empty() && length > 0;
        let progress = Cell::new(if ended {
            Progress::Ended
        } else {
            Progress::Fresh
        });
        let positions = RefCell::new(if ended {
            Vec::new()
        } else {
            positions(length, |_| 0)?
        });
        Ok(heap::new_object(
            class,
            CombinationsWithReplacement {
                pool,
                positions,
                progress,
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<CombinationsWithReplacement>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let mut positions = self.positions.borrow_mut();
        match self.progress.get() {
            Progress::Ended => return Ok(None),
            Progress::Fresh => self.progress.set(Progress::Running),
            Progress::Running => {
                let last = self.pool.len().wrapping_sub(1);
                let Some(moving) = positions.iter().rposition(|&position| position != last) else {
                    self.progress.set(Progress::Ended);
                    return Ok(None);
                };
                let position = positions[moving] + 1;
                positions[moving..].fill(position);
            }
        }
        Ok(Some(select(&self.pool, &positions)))
    }

    /// The bytes that the object takes.
    #[method]
    fn __sizeof__(this: &Ref<CombinationsWithReplacement>) -> usize {
        this.class().layout().size + this.positions.borrow().len() * 8
    }
}

/// `permutations`: selections with order, each position once.
#[class(
    name = "permutations",
    module = "itertools",
    doc = "An iterator over the arrangements of r items from an iterable, by default of all.",
    flags(BASETYPE)
)]
pub struct Permutations {
    pool: Ref<Tuple>,
    /// All positions; the first `length` are the selection.
    #[untraced]
    positions: RefCell<Vec<usize>>,
    /// For each place of the selection, how many exchanges are left before it returns to where it was.
    #[untraced]
    cycles: RefCell<Vec<usize>>,
    #[untraced]
    progress: Cell<Progress>,
}

#[methods]
impl Permutations {
    #[new("(iterable, r=None)")]
    fn make(class: &Ref<Type>, iterable: &Value, r: Option<&Value>) -> PyResult<Ref<Permutations>> {
        let pool = Tuple::from_iterable(iterable)?;
        let len = pool.len();
        let length = match r {
            None => len,
            Some(r) if !int::is_int(r) => bail!(TypeError, "Expected int as r"),
            Some(r) => checked_length(int::as_isize(r)?)?,
        };
        let progress = Cell::new(if length > len {
            Progress::Ended
        } else {
            Progress::Fresh
        });
        let cycles = RefCell::new(positions(length.min(len), |index| len - index)?);
        let positions = RefCell::new(positions(len, |index| index)?);
        Ok(heap::new_object(
            class,
            Permutations {
                pool,
                positions,
                cycles,
                progress,
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Permutations>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let (mut positions, mut cycles) = (self.positions.borrow_mut(), self.cycles.borrow_mut());
        let (len, length) = (positions.len(), cycles.len());
        match self.progress.get() {
            Progress::Ended => return Ok(None),
            Progress::Fresh => self.progress.set(Progress::Running),
            Progress::Running => {
                let mut found = false;
                for place in (0..length).rev() {
                    cycles[place] -= 1;
                    if cycles[place] > 0 {
                        let other = len - cycles[place];
                        positions.swap(place, other);
                        found = true;
                        break;
                    }
                    // This place went through all that was left: it goes back to the end.
                    positions[place..].rotate_left(1);
                    cycles[place] = len - place;
                }
                if !found {
                    self.progress.set(Progress::Ended);
                    return Ok(None);
                }
            }
        }
        Ok(Some(select(&self.pool, &positions[..length])))
    }

    /// The bytes that the object takes.
    #[method]
    fn __sizeof__(this: &Ref<Permutations>) -> usize {
        this.class().layout().size + (this.pool.len() + this.cycles.borrow().len()) * 8
    }
}
