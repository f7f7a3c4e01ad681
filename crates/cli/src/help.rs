//! What the command says about itself.

use taipan_stdlib::config::PYTHON_VERSION;

/// How the command is used, in one line, and where to read more.
pub fn usage(name: &str) -> String {
    format!(
        "usage: {name} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `taipan -h' for more information.\n"
    )
}

/// The text of `-V` and `-VV`.
pub fn version(long: bool) -> String {
    match long {
        false => format!("Python {PYTHON_VERSION}\n"),
        true => format!(
            "Python {PYTHON_VERSION} (Taipan {})\n",
            env!("CARGO_PKG_VERSION")
        ),
    }
}

/// The text of `-h`.
pub fn short() -> String {
    "\
usage: taipan [option] ... [-c cmd | -m mod | file | -] [arg] ...

What runs:
  file        a Python file, or a folder or zip file with a __main__.py
  -c cmd      the text that follows
  -m mod      a module of the library or of sys.path, as a program
  -           what standard input holds
              without any of these, a terminal gets a prompt
  arg ...     what the program finds in sys.argv[1:]

Options:
  -b          warn where bytes and str are compared or mixed up; -bb: raise
  -B          write no .pyc files; also PYTHONDONTWRITEBYTECODE=x
  -d          a debug level for the parser, unused; also PYTHONDEBUG=x
  -E          ignore the environment variables PYTHON*
  -h          this text; also -? and --help
  -i          prompt for more after the program has run; also PYTHONINSPECT=x
  -I          be isolated: -E, -P and -s at once
  -O          drop assert statements and `if __debug__` blocks;
              also PYTHONOPTIMIZE=x
  -OO         as -O, and drop docstrings
  -P          do not put the program's folder into sys.path; also PYTHONSAFEPATH
  -q          print no greeting
  -R          randomize the hashes of strings, whatever PYTHONHASHSEED says
  -s          leave out the user's site-packages; also PYTHONNOUSERSITE=x
  -S          do not import site
  -u          do not buffer stdout and stderr; also PYTHONUNBUFFERED=x
  -v          tell about imports; more often, tell more; also PYTHONVERBOSE=x
  -V          the version; also --version; -VV: more of it
  -W arg      a warning filter, action:message:category:module:lineno;
              also PYTHONWARNINGS=arg
  -x          skip the first line of the file
  -X opt      a setting of the implementation, see --help-xoptions
  --check-hash-based-pycs always|default|never
              when hash-based .pyc files are compared with their source
  --help-env        the environment variables
  --help-xoptions   the settings of -X
  --help-all        all of these texts
"
    .to_owned()
}

/// The text of `--help-env`.
pub fn environment() -> String {
    "\
Environment variables that change what the command does:
PYTHONHOME              the prefix, where site-packages are
PYTHONPATH              folders to import from, separated by ':'
PYTHONSTARTUP           a file that runs before the first prompt
PYTHONBREAKPOINT        what breakpoint() calls, module.function; 0 for nothing
PYTHONHASHSEED          'random', or the seed of string hashes
PYTHONIOENCODING        encoding[:errors] of the standard streams
PYTHONINTMAXSTRDIGITS   longest decimal text that converts to int and back
PYTHONPYCACHEPREFIX     folder for .pyc files
PYTHONPLATLIBDIR        name of the folder for libraries
PYTHONCOERCECLOCALE     0: the locale C means UTF-8 mode, not another locale
PYTHONUTF8              1 for UTF-8 mode (-X utf8)
PYTHONWARNINGS          warning filters, separated by ',' (-W)
PYTHONDEVMODE           development mode (-X dev)
PYTHONDONTWRITEBYTECODE write no .pyc files (-B)
PYTHONFAULTHANDLER      print tracebacks on crashes (-X faulthandler)
PYTHONINSPECT           prompt after the program (-i)
PYTHONNODEBUGRANGES     code without columns (-X no_debug_ranges)
PYTHONNOUSERSITE        leave out the user's site-packages (-s)
PYTHONOPTIMIZE          1 for -O, 2 for -OO
PYTHONPROFILEIMPORTTIME show how long imports take (-X importtime)
PYTHONSAFEPATH          do not import from the program's folder (-P)
PYTHONTRACEMALLOC       trace memory allocations (-X tracemalloc)
PYTHONUNBUFFERED        unbuffered stdout and stderr (-u)
PYTHONVERBOSE           tell about imports (-v)
PYTHONWARNDEFAULTENCODING
                        warn where an encoding is not given
                        (-X warn_default_encoding)
PYTHON_COLORS           0 or 1: whether output to a terminal has colours
PYTHON_CPU_COUNT        what os.cpu_count() answers
PYTHON_HISTORY          file for the lines typed at the prompt
PYTHON_BASIC_REPL       use the simple prompt
PYTHON_GIL              1: one lock for all threads (-X gil)
PYTHON_JIT              1 turns traces of hot loops on, 0 off (-X jit)
PYTHON_UOPS_OPTIMIZE    0: traces run as they were projected
PYTHON_CONTEXT_AWARE_WARNINGS
                        1: warning filters belong to a context
PYTHON_THREAD_INHERIT_CONTEXT
                        1: threads start with a copy of the context
"
    .to_owned()
}

/// The text of `--help-xoptions`.
pub fn x_options() -> String {
    "\
Settings of the implementation, given as -X name or -X name=value:
-X context_aware_warnings=[0|1]  warning filters belong to a context
-X cpu_count=N             what os.cpu_count() answers
-X dev                     development mode: more checks and warnings
-X faulthandler            print tracebacks on crashes
-X gil=1                   one lock for all threads; there is no other build
-X hot-loops[=FILE]        at exit, the hot loops and their traces; JSON if FILE ends so
-X importtime[=2]          show how long imports take
-X int_max_str_digits=N    longest decimal text that converts to int and back
-X jit=[0|1|uops]          whether hot loops become traces of micro-ops
-X no_debug_ranges         code without columns, to save memory
-X optimize_uops[=0]       as -X jit; 0: traces run as they were projected
-X pycache_prefix=DIR      folder for .pyc files
-X specialize=MODE         on, off; for tests: eager, failing
-X stats[=FILE]            at exit, how code was specialized and what became of hot
                           loops: a table, or JSON in FILE
-X tier2-stress=invalidate for tests: no trace outlives its first check
-X tier2-threshold=N       how often a loop runs before it is hot, 1 to 4096
-X thread_inherit_context=[0|1]  threads start with a copy of the context
-X tracemalloc[=N]         trace memory allocations, N frames each
-X utf8[=0|1]              UTF-8 mode
-X warn_default_encoding   warn where an encoding is not given
"
    .to_owned()
}
