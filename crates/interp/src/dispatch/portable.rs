//! The loop as one `loop { match }`, for Miri and targets where calls in tail position are no jumps.

use std::sync::atomic::Ordering;

use taipan_objects::runtime::EVAL_BREAKER;

use super::*;
use crate::traces;

/// One instruction's registers.
#[derive(Clone, Copy)]
struct Site {
    ip: *const u16,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
    oparg: u32,
}

impl Site {
    fn cursor(self, opcode: Opcode) -> Cursor {
        // SAFETY: the inline cache lies in the code object.
        let ip = unsafe { self.ip.add(1 + opcode.cache_units()) };
        Cursor {
            ip,
            sp: self.sp,
            frame: self.frame,
            engine: self.engine,
        }
    }

    /// Runs a quick body, or the full one.
    fn general(
        self,
        opcode: Opcode,
        quick: fn(&mut Cursor, u32) -> bool,
        full: fn(&mut Cursor, u32) -> crate::cursor::Step,
    ) -> Next {
        let mut c = self.cursor(opcode);
        if quick(&mut c, self.oparg) {
            return Next { ip: c.ip, sp: c.sp };
        }
        self.full(opcode.cache_units(), full)
    }

    /// Runs a quick body that may leave a word to release.
    fn releasing(self, opcode: Opcode, body: fn(&mut Cursor, u32) -> Option<StackRef>) -> Next {
        let mut c = self.cursor(opcode);
        if let Some(word) = body(&mut c, self.oparg) {
            self.release(word);
        }
        Next { ip: c.ip, sp: c.sp }
    }

    /// Releases a word that nothing else holds any more.
    fn release(self, word: StackRef) {
        // SAFETY: the frame is live.
        unsafe {
            (*self.frame).ip = self.ip;
            word.close();
        }
    }

    /// As [`Site::releasing`], or runs the full body.
    fn ending(
        self,
        opcode: Opcode,
        quick: fn(&mut Cursor, u32) -> Ending,
        full: fn(&mut Cursor, u32) -> crate::cursor::Step,
    ) -> Next {
        loop {
            let mut c = self.cursor(opcode);
            let mut ending = quick(&mut c, self.oparg);
            if let Ending::Special = ending {
                ending = return_special(&mut c);
            }
            match ending {
                Ending::Done => {}
                Ending::Release(word) => self.release(word),
                Ending::ReleaseFirst(word) => {
                    self.release(word);
                    continue;
                }
                Ending::Special | Ending::Refused => return self.full(opcode.cache_units(), full),
            }
            return Next { ip: c.ip, sp: c.sp };
        }
    }

    fn full(self, cache: usize, full: fn(&mut Cursor, u32) -> crate::cursor::Step) -> Next {
        run_full(
            full,
            cache,
            self.ip,
            self.sp,
            self.frame,
            self.engine,
            self.oparg,
        )
    }

    /// Runs a trace. If something is due it answers what stood in the place of the `ENTER_EXECUTOR`: opcode and oparg.
    fn enter_executor(self) -> (Next, Option<(u8, u32)>) {
        // SAFETY: the frame is live.
        let entry = unsafe {
            (*self.frame)
                .code()
                .executors
                .entry(self.oparg as u8 as usize)
        };
        match entry {
            None => (self.full(0, unknown_opcode), None),
            Some(entry) if EVAL_BREAKER.load(Ordering::Relaxed) == 0 => {
                // SAFETY: the frame stands where the trace begins.
                (
                    unsafe { traces::ops::run(entry.trace, self.sp, self.engine) },
                    None,
                )
            }
            Some(entry) => {
                let oparg = self.oparg & !0xff | u32::from(entry.original.oparg());
                let here = Next {
                    ip: self.ip,
                    sp: self.sp,
                };
                (here, Some((entry.original.opcode_byte(), oparg)))
            }
        }
    }

    /// Counts an adaptive opcode down. Answers the opcode that it became.
    fn count_down(self, base: Opcode, specializer: Specializer) -> u8 {
        // SAFETY: the inline cache lies in the code object; the interpreter lock is held.
        let counter = BackoffCounter(unsafe { *self.ip.add(1) });
        if counter.is_triggered() {
            return specialize::specialize(
                base,
                specializer,
                self.ip,
                &self.cursor(base),
                self.oparg,
            );
        }
        // SAFETY: as above.
        unsafe { *self.ip.add(1).cast_mut() = counter.advance().0 };
        base as u8
    }
}

macro_rules! define {
    (
        adaptive { $($adaptive:ident: $adaptive_quick:ident, $adaptive_slow:ident, $specializer:ident;)* }
        quickened { $($quickened:ident: $quickened_quick:ident, $quickened_slow:ident, $quickener:ident;)* }
        releasing { $($releasing:ident: $releasing_body:ident;)* }
        ending { $($ending:ident: $ending_quick:ident, $ending_slow:ident;)* }
        quick_full { $($both:ident: $quick:ident, $slow:ident;)* }
        quick { $($only:ident: $only_body:ident;)* }
        full { $($full:ident: $full_body:ident;)* }
    ) => {
        /// Runs a base opcode in the place of a member whose guards failed.
        fn missed(base: Opcode, site: Site) -> Next {
            match base {
                $(Opcode::$adaptive => {
                    site.count_down(base, specialize::$specializer);
                    site.general(base, $adaptive_quick, $adaptive_slow)
                })*
                $(Opcode::$quickened => site.general(base, $quickened_quick, $quickened_slow),)*
                _ => site.full(0, unknown_opcode),
            }
        }

        /// Runs an opcode that is neither specialized nor instrumented. Answers the opcode to run in its place, if any.
        fn plain(opcode: Opcode, site: Site) -> Result<Next, u8> {
            Ok(match opcode {
                $(Opcode::$adaptive => {
                    let became = site.count_down(opcode, specialize::$specializer);
                    if became != opcode as u8 {
                        return Err(became);
                    }
                    site.general(opcode, $adaptive_quick, $adaptive_slow)
                })*
                $(Opcode::$quickened => {
                    // SAFETY: the unit is the instruction's.
                    if unsafe { *site.ip } as u8 == opcode as u8 {
                        specialize::$quickener(site.ip, &site.cursor(opcode), site.oparg);
                    }
                    site.general(opcode, $quickened_quick, $quickened_slow)
                })*
                $(Opcode::$releasing => site.releasing(opcode, $releasing_body),)*
                $(Opcode::$ending => site.ending(opcode, $ending_quick, $ending_slow),)*
                $(Opcode::$both => site.general(opcode, $quick, $slow),)*
                $(Opcode::$only => {
                    let mut c = site.cursor(opcode);
                    $only_body(&mut c, site.oparg);
                    Next { ip: c.ip, sp: c.sp }
                })*
                $(Opcode::$full => site.full(opcode.cache_units(), $full_body),)*
                _ => site.full(0, unknown_opcode),
            })
        }
    };
}

opcodes!(define);

macro_rules! define_specialized {
    ($($member:ident of $base:ident: $($part:ident[$($units:literal @ $offset:literal),*])*;)*) => {
        /// Runs a specialized opcode by its full bodies, which do what the quick ones do, too.
        fn specialized(opcode: Opcode, site: Site) -> Next {
            let ip = site.ip;
            match opcode {
                $(Opcode::$member => {
                    let next = run_specialized(|c, oparg| {
                        $(
                            match <uops::$part as Uop>::full(c, oparg, operands!(ip $(, $units @ $offset)*))? {
                                Flow::Next => {}
                                flow => return Ok(flow),
                            }
                        )*
                        Ok(Flow::Done)
                    }, opcode.cache_units(), ip, site.sp, site.frame, site.engine, site.oparg);
                    if next.is_miss() { missed(Opcode::$base, site) } else { next }
                })*
                _ => site.full(0, unknown_opcode),
            }
        }
    };
}

taipan_bytecode::specialized_opcodes!(define_specialized);

/// # Safety
/// The registers satisfy the cursor's invariant.
pub unsafe fn enter(
    ip: *const u16,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
) {
    let mut next = Next { ip, sp };
    let mut frame = frame;
    let mut prefix = 0;
    let mut redirected = None;
    loop {
        // SAFETY: code ends with an instruction that does not fall through.
        let unit = unsafe { *next.ip };
        let (byte, oparg) = redirected
            .take()
            .unwrap_or((unit as u8, prefix | u32::from(unit >> 8)));
        prefix = 0;
        let site = Site {
            ip: next.ip,
            sp: next.sp,
            frame,
            engine,
            oparg,
        };
        next = match Opcode::from_byte(byte) {
            None => site.full(0, unknown_opcode),
            Some(Opcode::ExtendedArg) => {
                prefix = oparg << 8;
                let c = site.cursor(Opcode::ExtendedArg);
                Next { ip: c.ip, sp: c.sp }
            }
            Some(Opcode::EnterExecutor) => {
                let (next, original) = site.enter_executor();
                redirected = original;
                next
            }
            Some(opcode) => match opcode.kind() {
                OpcodeKind::Specialized => specialized(opcode, site),
                OpcodeKind::Instrumented => {
                    let next = crate::bodies::instrumented(site.ip, site.sp, frame, engine, oparg);
                    // SAFETY: the state outlives the loop.
                    let redirect = unsafe { (*engine).redirect };
                    redirected = (redirect != 0).then_some((redirect, oparg));
                    next
                }
                OpcodeKind::Base => plain(opcode, site).unwrap_or_else(|became| {
                    redirected = Some((became, oparg));
                    Next {
                        ip: site.ip,
                        sp: site.sp,
                    }
                }),
            },
        };
        if next.ip.is_null() {
            return;
        }
        // SAFETY: the state outlives the loop.
        frame = unsafe { (*engine).current };
    }
}
