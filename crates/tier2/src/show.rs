//! Traces as text, for logs, reports and golden files: one uop a line, no addresses.

use std::fmt::Write;

use taipan_bytecode::Uop;

use taipan_interp::traces::Instruction;

/// One uop: its name, its oparg if it has one, and for what leaves elsewhere than at its own instruction, where to.
pub fn line(instruction: &Instruction) -> String {
    let uop = instruction.uop();
    let mut out = uop.name().to_string();
    if uop.has_arg() || uop == Uop::SaveReturnOffset {
        let _ = write!(out, " {}", instruction.oparg);
    }
    if instruction.has_jumps() {
        let _ = write!(out, " -> {}", instruction.jump_target());
        if uop.may_raise() {
            let _ = write!(out, ", error {}", instruction.error_target());
        }
    } else if leaves_elsewhere(uop) {
        let _ = write!(out, " exit {}", instruction.target());
    }
    out
}

/// Whether the target of a uop is another instruction than its own.
fn leaves_elsewhere(uop: Uop) -> bool {
    matches!(
        uop,
        Uop::ExitTrace
            | Uop::Deopt
            | Uop::GuardIsTruePop
            | Uop::GuardIsFalsePop
            | Uop::GuardIsNonePop
            | Uop::GuardIsNotNonePop
    )
}

/// A whole trace, a line each, without the uops that `hide` names.
pub fn text(trace: &[Instruction], hide: &[Uop]) -> String {
    let shown = trace
        .iter()
        .filter(|instruction| !hide.contains(&instruction.uop()));
    shown.fold(String::new(), |mut out, instruction| {
        let _ = writeln!(out, "    {}", line(instruction));
        out
    })
}

/// A whole trace, each line with its place.
pub fn numbered(trace: &[Instruction]) -> String {
    let lines = trace.iter().enumerate();
    lines.fold(String::new(), |mut out, (at, instruction)| {
        let _ = writeln!(out, "{at:5}  {}", line(instruction));
        out
    })
}
