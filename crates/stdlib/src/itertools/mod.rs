//! `itertools`: building blocks for iteration.
//!
//! Every tool is an iterator class of its own. One that ended lets go of what it went over. No tool holds a borrow of its
//! state while it calls anything, so tools may be used from within the calls they make.

mod combinatorics;
mod filtering;
mod grouping;
mod joining;
mod series;
mod tee;

pub use combinatorics::{Combinations, CombinationsWithReplacement, Permutations, Product};
pub use filtering::{Compress, DropWhile, FilterFalse, Islice, TakeWhile};
pub use grouping::{Batched, GroupBy, Grouper, Pairwise};
pub use joining::{Chain, StarMap, ZipLongest};
pub use series::{Accumulate, Count, Cycle, Repeat};
pub use tee::{Tee, TeeData};

use taipan_macros::define_module;

define_module! {
    name = "itertools",
    doc = "Functional tools for creating and using iterators.\n\nEndless: count, cycle, repeat.\n\nEnding with the shortest input: accumulate, batched, chain, compress, dropwhile, filterfalse, groupby,\nislice, pairwise, starmap, takewhile, tee, zip_longest.\n\nCombinatoric: product, permutations, combinations, combinations_with_replacement.",
    functions(tee::tee),
    classes(
        Accumulate, Batched, Chain, Combinations, CombinationsWithReplacement, Compress, Count, Cycle, DropWhile, FilterFalse,
        GroupBy, Grouper, Islice, Pairwise, Permutations, Product, Repeat, StarMap, TakeWhile, Tee, TeeData, ZipLongest
    ),
}
