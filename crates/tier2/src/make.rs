//! From a request for a trace to what an executor is made of.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use taipan_interp::traces::{self, Finished, Request, watchers};
use taipan_objects::cell::Once;
use taipan_objects::dict::Dict;
use taipan_objects::value::Ref;

use crate::abort::TraceAbort;
use crate::finish::finish;
use crate::log;
use crate::optimize::optimize;
use crate::project::{Projected, project};
use crate::report;

static BUILTINS: Once<Ref<Dict>> = Once::new();
static ANALYSIS: AtomicBool = AtomicBool::new(true);

/// Makes this crate the optimizer of the interpreter, of which `builtins` are the builtins. Called once, at start-up.
pub fn install(builtins: Ref<Dict>) {
    BUILTINS.set(builtins);
    watchers::register();
    traces::set_reporter(report::REPORTER);
    traces::install(|request| {
        make(request)
            .inspect_err(|abort| {
                log::refused(request, *abort);
                report::note_refused(request, *abort);
            })
            .ok()
    });
}

/// Whether traces are analyzed before they run (`PYTHON_UOPS_OPTIMIZE`).
pub fn set_analysis(analysis: bool) {
    ANALYSIS.store(analysis, Ordering::Relaxed);
}

/// Makes the trace that is asked for.
pub fn make(request: &Request) -> Result<Finished, TraceAbort> {
    let projected = project(request)?;
    let draft = report::draft(request, &projected);
    let counts = Rc::default();
    let end = projected.end.name();
    log::projected(request, &projected.instructions, end);
    let (optimized, dependencies, kept, outcome) = match ANALYSIS.load(Ordering::Relaxed) {
        true => {
            let optimized = optimize(projected, request, &BUILTINS)?;
            let kept = optimized.kept.into_owned();
            let outcome = Some(optimized.outcome);
            (
                optimized.instructions,
                optimized.dependencies,
                kept,
                outcome,
            )
        }
        false => {
            let Projected {
                instructions,
                dependencies,
                ..
            } = projected;
            (instructions, dependencies, Vec::new(), None)
        }
    };
    let instructions = finish(&optimized)?;
    if let Some(draft) = draft {
        let made = draft.finish(&optimized, outcome.as_ref(), &instructions, &counts);
        report::note_made(request, made);
    }
    log::finished(request, &instructions, end);
    Ok(Finished {
        instructions,
        dependencies,
        kept,
        counts,
    })
}
