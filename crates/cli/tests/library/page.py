"""Prints docs/library.md: every module of the standard library, and whether this interpreter can import it."""
import contextlib, importlib, importlib.util, io, os, pkgutil, sys, warnings

# Modules for other systems, which CPython on Linux does not have either.
ELSEWHERE = {
    '_overlapped', '_scproxy', '_winapi', '_wmi', 'msvcrt', 'nt', 'winreg', 'winsound',
}
# Modules that do something when they are imported: a browser opens, an editor starts.
NOT_RUN = {'antigravity', 'idlelib.idle'}


def absent(name):
    """Why a module cannot be imported, or nothing."""
    try:
        if name in NOT_RUN:
            return '' if importlib.util.find_spec(name) else 'absent'
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        return 'absent' if error.name == name else f'needs `{error.name}`'
    except ImportError as error:
        return str(error).split(' (')[0]
    except SystemExit:
        return ''
    except Exception as error:
        return f'raises {type(error).__name__}'
    return ''


def parts(name):
    """The modules inside a package, those of packages inside it too."""
    path = getattr(sys.modules.get(name), '__path__', None)
    for module in pkgutil.iter_modules(path, name + '.') if path else ():
        last = module.name.rpartition('.')[2]
        if last == '__main__' or (name == 'idlelib' and last.startswith('idle_test')) or 'win' in last:
            continue
        yield module.name
        if module.ispkg and not absent(module.name):
            yield from parts(module.name)


def rows():
    for name in sorted(sys.stdlib_module_names, key=lambda name: (name.startswith('_'), name.lower())):
        if name in ELSEWHERE:
            continue
        reason = absent(name)
        if reason:
            yield name, reason
            continue
        missing = {part: why for part in parts(name) if (why := absent(part))}
        inside = {part: why for part, why in missing.items() if part.rpartition('.')[0] not in missing}
        yield name, '; '.join(f'`{part}` {why}' for part, why in sorted(inside.items()))


def main():
    os.environ['PYTHON_COLORS'] = '0'
    warnings.simplefilter('ignore')
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        table = list(rows())
    whole = sum(not reason for _, reason in table)
    public = [reason for name, reason in table if not name.startswith('_')]
    print('# The standard library')
    print()
    print('<!-- Written by `cargo xtask library`; a test compares it with what the interpreter can import. -->')
    print()
    print(f'Of the {len(public)} public modules and packages of CPython 3.14 on Linux, {public.count("")} are whole;')
    print(f'with the internal ones, whose names begin with `_`, {whole} of {len(table)}. What is absent raises')
    print('ModuleNotFoundError. An empty last column means that the module and all its parts can be imported.')
    print()
    print('Beside them there is `_tier2`, for tests and tools: the optimizer that hot code asks for traces (`get_optimizer`,')
    print('`set_optimizer`, `new_uop_optimizer`, `new_counter_optimizer`), and what was made of it (`executors`,')
    print('`add_executor_dependency`, `invalidate_executors`, `clear_executor_deletion_list`, `disassembly`).')
    print()
    print('`taipan -m hotloops PROGRAM` runs a program and reports its hot loops: what became of them and which guards remain.')
    print('Programs can do so themselves with `hotloops.start()` and `hotloops.report(json=False)`. See hot-loops.md.')
    print()
    print('| module | | what is absent |')
    print('|---|---|---|')
    for name, reason in table:
        state = 'yes' if not reason else 'in part' if reason.startswith('`') else 'no'
        print(f'| `{name}` | {state} | {reason.replace("|", "")} |')


if __name__ == '__main__':
    main()
