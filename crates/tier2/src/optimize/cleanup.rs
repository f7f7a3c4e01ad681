//! The last pass: what is needed only between things that are gone by now.
//!
//! ```text
//! before                                   after
//! _CHECK_VALIDITY                          _NOP                   nothing escaped since the last check
//! _SET_IP                                  _NOP                   nobody asks for it before the next one
//! _LOAD_FAST 1                             _NOP
//! _POP_TOP_LOAD_CONST_INLINE_BORROW        _LOAD_CONST_INLINE_BORROW
//! ```
//!
//! A uop that *escapes* may run arbitrary code: that code may invalidate the executor, and may ask which instruction runs. So a
//! check of validity stays only behind an escape, and an address only in front of one. A value that is loaded and popped at once
//! is neither loaded nor popped. The pass cuts the trace behind its terminator; it relies on `_NOP` meaning nothing.

use taipan_bytecode::Uop;

use taipan_interp::traces::Instruction;

/// Runs the pass. `trace` has a terminator.
pub fn remove_unneeded_uops(trace: &mut Vec<Instruction>) {
    let mut address: Option<(usize, Instruction)> = None;
    let mut may_have_escaped = true;
    for at in 0..trace.len() {
        let uop = trace[at].uop();
        match uop {
            Uop::StartExecutor => may_have_escaped = false,
            Uop::SetIp => {
                address = Some((at, trace[at]));
                trace[at].set_uop(Uop::Nop);
            }
            Uop::CheckValidity => {
                if may_have_escaped {
                    may_have_escaped = false;
                } else {
                    trace[at].set_uop(Uop::Nop);
                }
            }
            _ => {
                if pops(uop) {
                    collapse(trace, at);
                }
                let uop = trace[at].uop();
                if uop.is_terminator() {
                    trace.truncate(at + 1);
                    return;
                }
                if (uop.may_escape() || uop == Uop::PushFrame)
                    && let Some((place, set_ip)) = address.take()
                {
                    trace[place] = set_ip;
                }
                may_have_escaped |= uop.may_escape();
            }
        }
    }
}

/// Whether the uop pops values that it does not look at.
fn pops(uop: Uop) -> bool {
    matches!(
        uop,
        Uop::PopTop
            | Uop::PopTopLoadConstInline
            | Uop::PopTopLoadConstInlineBorrow
            | Uop::PopTwoLoadConstInlineBorrow
    )
}

/// What a popping uop does when one value less is there to pop.
fn with_one_pop_less(uop: Uop) -> Uop {
    match uop {
        Uop::PopTopLoadConstInline => Uop::LoadConstInline,
        Uop::PopTopLoadConstInlineBorrow => Uop::LoadConstInlineBorrow,
        Uop::PopTwoLoadConstInlineBorrow => Uop::PopTopLoadConstInlineBorrow,
        _ => Uop::Nop,
    }
}

/// Takes away what the uop at `at` would pop, as far as that was only just loaded.
fn collapse(trace: &mut [Instruction], at: usize) {
    while pops(trace[at].uop()) {
        let before = trace[..at]
            .iter()
            .rposition(|instruction| instruction.uop() != Uop::Nop);
        let Some(before) = before else { return };
        match trace[before].uop() {
            Uop::Copy
            | Uop::LoadConstInline
            | Uop::LoadConstInlineBorrow
            | Uop::LoadFast
            | Uop::LoadFastBorrow
            | Uop::LoadSmallInt => {
                trace[before].set_uop(Uop::Nop);
                let less = with_one_pop_less(trace[at].uop());
                trace[at].set_uop(less);
            }
            // The constant is popped instead of what it took the place of.
            Uop::PopTopLoadConstInline | Uop::PopTopLoadConstInlineBorrow => {
                trace[before].set_uop(Uop::Nop);
            }
            Uop::PopTwoLoadConstInlineBorrow => {
                trace[before].replace(Uop::PopTop, 0, 0);
                return;
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(uops: &[Uop]) -> Vec<Uop> {
        let mut trace: Vec<Instruction> = uops
            .iter()
            .map(|uop| Instruction::new(*uop, 0, 0, 0))
            .collect();
        remove_unneeded_uops(&mut trace);
        let left = trace.iter().map(Instruction::uop);
        left.filter(|uop| *uop != Uop::Nop).collect()
    }

    #[test]
    fn addresses_and_checks_stay_at_escapes_only() {
        use Uop::*;
        assert_eq!(
            cleaned(&[
                StartExecutor,
                CheckValidity,
                SetIp,
                LoadFast,
                CheckValidity,
                SetIp,
                BinaryOp,
                CheckValidity,
                SetIp,
                StoreFast,
                CheckValidity,
                JumpToTop,
                Nop,
                LoadFast
            ]),
            [
                StartExecutor,
                LoadFast,
                SetIp,
                BinaryOp,
                CheckValidity,
                SetIp,
                StoreFast,
                CheckValidity,
                JumpToTop
            ]
        );
    }

    #[test]
    fn a_frame_needs_the_address_of_its_call() {
        use Uop::*;
        assert_eq!(
            cleaned(&[StartExecutor, SetIp, PushFrame, CheckValidity, ExitTrace]),
            [StartExecutor, SetIp, PushFrame, ExitTrace]
        );
    }

    #[test]
    fn what_is_loaded_and_popped_is_neither() {
        use Uop::*;
        for load in [
            LoadFast,
            LoadFastBorrow,
            LoadConstInline,
            LoadConstInlineBorrow,
            LoadSmallInt,
            Copy,
        ] {
            assert_eq!(
                cleaned(&[StartExecutor, load, Nop, PopTop, ExitTrace]),
                [StartExecutor, ExitTrace]
            );
            assert_eq!(
                cleaned(&[StartExecutor, load, PopTopLoadConstInline, ExitTrace]),
                [StartExecutor, LoadConstInline, ExitTrace]
            );
            assert_eq!(
                cleaned(&[
                    StartExecutor,
                    load,
                    load,
                    PopTwoLoadConstInlineBorrow,
                    ExitTrace
                ]),
                [StartExecutor, LoadConstInlineBorrow, ExitTrace]
            );
        }
    }

    #[test]
    fn a_constant_that_took_a_value_s_place_is_popped_with_it() {
        use Uop::*;
        assert_eq!(
            cleaned(&[
                StartExecutor,
                LoadFast,
                PopTopLoadConstInlineBorrow,
                PopTop,
                ExitTrace
            ]),
            [StartExecutor, ExitTrace]
        );
        // The two values are popped one by one.
        assert_eq!(
            cleaned(&[
                StartExecutor,
                ToBool,
                PopTwoLoadConstInlineBorrow,
                PopTop,
                ExitTrace
            ]),
            [StartExecutor, ToBool, PopTop, PopTop, ExitTrace]
        );
    }

    #[test]
    fn what_is_looked_at_stays() {
        use Uop::*;
        let kept = [StartExecutor, LoadFast, ToBool, PopTop, ExitTrace];
        assert_eq!(cleaned(&kept), kept);
        let kept = [
            StartExecutor,
            LoadFast,
            SetIp,
            BinaryOp,
            CheckValidity,
            PopTop,
            ExitTrace,
        ];
        assert_eq!(cleaned(&kept), kept);
    }
}
