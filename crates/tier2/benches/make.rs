//! How long it takes to make a trace of some 200 uops: projection, analysis, finishing, and making it ready to run.
//!
//! `cargo bench -p taipan-tier2` prints the median of many repetitions for each, in microseconds.

use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use taipan_bytecode::Opcode;
use taipan_compiler::{Mode, Options};
use taipan_interp::code::Code;
use taipan_interp::eval;
use taipan_interp::function::Function;
use taipan_interp::traces::Request;
use taipan_interp::traces::step::Trace;
use taipan_objects::dict::Dict;
use taipan_objects::str::Str;
use taipan_stdlib::config::Config;
use taipan_stdlib::startup;
use taipan_tier2::finish::finish;
use taipan_tier2::optimize::optimize;
use taipan_tier2::project::project;

const PROGRAM: &str = "
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def dot(self, other):
        return self.x * other.x + self.y * other.y

def step(total, weight):
    return total + weight * 0.5

def f(n):
    left, right = Point(1.5, 2.5), Point(3.5, 4.5)
    items, total, count = [1, 2, 3, 4], 0.0, 0
    while count < n:
        weight = left.dot(right)
        total = step(total, weight)
        if total > 1e300:
            total = 0.0
        count = count + items[2] - items[1]
        left.x = left.x + 0.25
        right.y = right.y - 0.25
        items[0] = len(items) + count
    return total

f(200)
";

const REPETITIONS: usize = 2000;

/// The median time of `work`.
fn median<R>(mut work: impl FnMut() -> R) -> Duration {
    let mut times: Vec<Duration> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[REPETITIONS / 2]
}

fn request() -> Request {
    let compiled = taipan_compiler::compile(PROGRAM, "<bench>", Mode::Exec, &Options::default())
        .unwrap_or_else(|error| panic!("{error:?}"));
    let globals = Dict::new();
    globals.set_str(&Str::intern("__name__"), Str::new("bench").into_value());
    let builtins = startup::builtins_module().dict();
    globals.set_str(&Str::intern("__builtins__"), builtins.into_value());
    let code = Code::from_compiled(&compiled.code);
    eval::run(&code, &globals, None, None).unwrap_or_else(|raised| panic!("{raised:?}"));
    let function = globals.get_str(&Str::intern("f")).expect("there is an f");
    let function = function.downcast_exact::<Function>().expect("it is one");
    let code = function.code();
    let plain = code.to_parts().code;
    let mut units = plain.chunks_exact(2);
    let offset = units.position(|unit| unit[0] == Opcode::JumpBackward as u8);
    Request {
        function: Some(function.clone()),
        offset: offset.expect("f has a loop") as u32,
        depth: 0,
        progress_needed: true,
        chain_depth: 0,
        code,
    }
}

fn main() {
    startup::start(Config::default()).expect("the interpreter starts");
    let builtins = startup::builtins_module().dict();
    let request = request();
    let projected = project(&request).expect("the loop is projected");
    let uops = projected.instructions.len();
    let optimized = optimize(projected.clone(), &request, &builtins).expect("it is optimized");
    let finished = finish(&optimized.instructions).expect("it is finished");

    let projection = median(|| project(&request));
    // Analysis works in place, on a copy: the copy's time is taken off.
    let copy = median(|| projected.clone());
    let analysis = median(|| optimize(projected.clone(), &request, &builtins));
    let finishing = median(|| finish(&optimized.instructions));
    let readying = median(|| Trace::new(&finished, Vec::new(), 0, Rc::default()));

    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "a trace of {uops} uops, {} of them left to run, µs",
        finished.len()
    );
    println!("projection  {:7.1}", micros(projection));
    println!("analysis    {:7.1}", micros(analysis.saturating_sub(copy)));
    println!("finishing   {:7.1}", micros(finishing));
    println!("making steps{:7.1}", micros(readying));
}
