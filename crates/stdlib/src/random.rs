//! The module `_random`: the generator behind `random.Random`.
//!
//! The Mersenne Twister MT19937 of Matsumoto and Nishimura, with the seeding by array of its 2002 version, so that a seed
//! gives the same numbers here as everywhere.

use std::cell::RefCell;

use taipan_macros::{class, define_module, methods};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::int::{self, BigInt, BigUint, IntView};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap};

const SIZE: usize = 624;
const MIDDLE: usize = 397;

/// The state of a generator: its words, and how many of them are used up.
struct Twister {
    words: [u32; SIZE],
    index: usize,
}

impl Twister {
    fn seeded(seed: u32) -> Twister {
        let mut words = [0; SIZE];
        words[0] = seed;
        for index in 1..SIZE {
            let previous = words[index - 1];
            words[index] = (previous ^ previous >> 30)
                .wrapping_mul(1_812_433_253)
                .wrapping_add(index as u32);
        }
        Twister { words, index: SIZE }
    }

    /// Seeds by an array of any length but zero.
    fn seeded_by(key: &[u32]) -> Twister {
        let mut this = Twister::seeded(19_650_218);
        let words = &mut this.words;
        let mixed = |words: &[u32; SIZE], at: usize, factor: u32| {
            let previous = words[at - 1];
            words[at] ^ (previous ^ previous >> 30).wrapping_mul(factor)
        };
        let (mut at, mut of_key) = (1, 0);
        for _ in 0..SIZE.max(key.len()) {
            words[at] = mixed(words, at, 1_664_525)
                .wrapping_add(key[of_key])
                .wrapping_add(of_key as u32);
            at += 1;
            of_key = (of_key + 1) % key.len();
            if at == SIZE {
                words[0] = words[SIZE - 1];
                at = 1;
            }
        }
        for _ in 1..SIZE {
            words[at] = mixed(words, at, 1_566_083_941).wrapping_sub(at as u32);
            at += 1;
            if at == SIZE {
                words[0] = words[SIZE - 1];
                at = 1;
            }
        }
        words[0] = 1 << 31;
        this
    }

    fn refill(&mut self) {
        let words = &mut self.words;
        for at in 0..SIZE {
            let joined = words[at] & 0x8000_0000 | words[(at + 1) % SIZE] & 0x7fff_ffff;
            let twist = if joined & 1 != 0 { 0x9908_b0df } else { 0 };
            words[at] = words[(at + MIDDLE) % SIZE] ^ joined >> 1 ^ twist;
        }
        self.index = 0;
    }

    /// The next 32 random bits.
    fn next(&mut self) -> u32 {
        if self.index >= SIZE {
            self.refill();
        }
        let mut word = self.words[self.index];
        self.index += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    /// A float in `0.0..1.0` with 53 random bits.
    fn next_float(&mut self) -> f64 {
        let (high, low) = (self.next() >> 5, self.next() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// The payload of `_random.Random`.
#[class(
    name = "Random",
    module = "_random",
    flags(BASETYPE),
    doc = "A generator of random numbers with its own state."
)]
pub struct Random {
    #[untraced]
    state: RefCell<Box<Twister>>,
}

/// The generator that a seed stands for: None for one that nobody can guess.
fn generator(seed: Option<&Value>) -> PyResult<Twister> {
    let Some(seed) = seed.filter(|seed| !seed.is_none()) else {
        return unpredictable();
    };
    let key = match int::view(seed) {
        Some(IntView::Small(small)) => words_of(small.unsigned_abs()),
        Some(IntView::Big(big)) => big.magnitude().to_u32_digits(),
        None => words_of(protocol::hash(seed)? as u64),
    };
    Ok(Twister::seeded_by(&key))
}

fn words_of(number: u64) -> Vec<u32> {
    let (low, high) = (number as u32, (number >> 32) as u32);
    if high == 0 {
        vec![low]
    } else {
        vec![low, high]
    }
}

fn unpredictable() -> PyResult<Twister> {
    let mut bytes = [0u8; SIZE * 4];
    if getrandom::fill(&mut bytes).is_err() {
        bail!(
            NotImplementedError,
            "the system has no source of random numbers"
        );
    }
    let key: Vec<u32> = bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    Ok(Twister::seeded_by(&key))
}

#[methods]
impl Random {
    #[new]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        if class.is(Random::class()) {
            args.positional_between("Random", 0, 1)?;
        }
        let state = RefCell::new(Box::new(Twister::seeded_by(&[0])));
        Ok(heap::new_object(class, Random { state }).into_value())
    }

    #[init]
    fn init(&self, args: Args<'_>) -> PyResult<()> {
        let seed = args.positional_between("Random", 0, 1)?.first();
        **self.state.borrow_mut() = generator(seed)?;
        Ok(())
    }

    /// A random float that is at least 0.0 and below 1.0.
    #[method("($self, /)")]
    fn random(&self) -> f64 {
        self.state.borrow_mut().next_float()
    }

    /// Starts over from a seed; without one, from random bits of the operating system.
    #[method("($self, n=None, /)")]
    fn seed(&self, n: Option<&Value>) -> PyResult<()> {
        **self.state.borrow_mut() = generator(n)?;
        Ok(())
    }

    /// The state of the generator, for setstate().
    #[method]
    fn getstate(&self) -> Ref<Tuple> {
        let state = self.state.borrow();
        let words = state.words.iter().map(|&word| int::new(word.into()));
        Tuple::new(words.chain([int::from_usize(state.index)]).collect())
    }

    /// Goes back to a state that getstate() gave.
    #[method("($self, state, /)")]
    fn setstate(&self, state: &Value) -> PyResult<()> {
        let Some(state) = state.downcast::<Tuple>() else {
            bail!(TypeError, "state vector must be a tuple")
        };
        if state.len() != SIZE + 1 {
            bail!(ValueError, "state vector is the wrong size");
        }
        let mut words = [0; SIZE];
        for (word, item) in words.iter_mut().zip(state.as_slice()) {
            if !int::is_int(item) {
                bail!(TypeError, "an integer is required");
            }
            *word = int::as_u64(item)? as u32;
        }
        let index = int::as_i64(&state.as_slice()[SIZE])?;
        match usize::try_from(index) {
            Ok(index) if index <= SIZE => **self.state.borrow_mut() = Twister { words, index },
            _ => bail!(ValueError, "invalid state"),
        }
        Ok(())
    }

    /// An int of k random bits.
    #[method("($self, k, /)")]
    fn getrandbits(&self, k: &Value) -> PyResult<Value> {
        let count = int::with_index(k, |view| match view {
            _ if view.is_negative() => Err(taipan_objects::exc!(
                ValueError,
                "number of bits must be non-negative"
            )),
            IntView::Small(small) => Ok(small as u64),
            IntView::Big(_) => Err(taipan_objects::exc!(
                OverflowError,
                "Python int too large to convert to C uint64_t"
            )),
        })??;
        let mut state = self.state.borrow_mut();
        match count {
            0 => Ok(int::new(0)),
            1..=32 => Ok(int::new((state.next() >> (32 - count)).into())),
            33..=64 => {
                let low = u64::from(state.next());
                Ok(int::from_u64(
                    low | u64::from(state.next() >> (64 - count)) << 32,
                ))
            }
            _ => Ok(int::from_big(BigInt::from(random_bits(&mut state, count)?))),
        }
    }
}

fn random_bits(state: &mut Twister, count: u64) -> PyResult<BigUint> {
    let mut words = Vec::new();
    let Some(len) = usize::try_from(count.div_ceil(32))
        .ok()
        .filter(|&len| words.try_reserve_exact(len).is_ok())
    else {
        bail!(MemoryError, "");
    };
    words.extend((0..len).map(|_| state.next()));
    if let (Some(last), rest @ 1..) = (words.last_mut(), count % 32) {
        *last >>= 32 - rest;
    }
    Ok(BigUint::new(words))
}

define_module! {
    name = "_random",
    doc = "The Mersenne Twister, a generator of random numbers.",
    classes(Random),
}
