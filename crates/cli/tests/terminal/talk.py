"""Talks with an interpreter over a pseudo-terminal, as a person would, and checks what it answers.

    talk.py INTERPRETER

Prints "ok", or the conversations that went wrong. Escape sequences are taken out of what is read, except where a
conversation is about them.
"""
import fcntl, os, pty, re, select, signal, struct, sys, tempfile, termios, time

ESCAPES = re.compile(r'\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]')
TIMEOUT = 60


class Conversation:
    def __init__(self, *arguments, colour=False, **environment):
        self.colour = colour
        self.text = ''
        variables = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
        variables |= {'TERM': 'xterm', 'HOME': HOME, 'PYTHON_COLORS': '1' if colour else '0'} | environment
        self.child, self.terminal = pty.fork()
        if not self.child:
            os.execve(INTERPRETER, [INTERPRETER, *arguments], variables)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))

    def read(self, until):
        if not select.select([self.terminal], [], [], until - time.monotonic())[0]:
            raise AssertionError(f'nothing more after {self.text[-300:]!r}')
        try:
            data = os.read(self.terminal, 4096)
        except OSError:
            data = b''
        self.text += data.decode('utf-8', 'replace')
        return bool(data)

    def wait_for(self, expected):
        """Reads up to the expected text, and answers what came until then."""
        until = time.monotonic() + TIMEOUT
        while True:
            plain = self.text if self.colour else ESCAPES.sub('', self.text)
            if expected in plain:
                seen, _, self.text = plain.partition(expected)
                return seen + expected
            if not self.read(until):
                raise AssertionError(f'the end instead of {expected!r} after {plain[-300:]!r}')

    def type(self, text):
        os.write(self.terminal, text.encode())

    def interrupt(self):
        """Ctrl-C, a moment after what was read last: nobody is that quick."""
        time.sleep(0.2)
        self.type('\x03')

    def say(self, text, expected):
        self.type(text + '\r')
        return self.wait_for(expected)

    def leave(self):
        """Ctrl-D at the next prompt."""
        self.wait_for('>>> ')
        self.type('\x04')
        self.end()

    def end(self, code=0):
        until = time.monotonic() + TIMEOUT
        while self.read(until):
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        assert status == code, f'ended with {status} instead of {code} after {self.text[-300:]!r}'
        os.close(self.terminal)


def statements():
    it = Conversation()
    greeting = it.wait_for('>>> ')
    assert 'Python 3.' in greeting and 'Type "help"' in greeting, greeting
    it.say('6 * 7', '42\r\n')
    it.say('_ + 1', '43\r\n')
    it.say('None', '>>> ')
    it.say('def double(x):', '... ')
    it.say('return 2 * x\r', '>>> ')
    it.say('double(21)', '42\r\n')
    it.say('(1,', '... ')
    it.say('2)', '(1, 2)\r\n')
    it.say('import sys; sys.ps1', "'>>> '\r\n")
    it.say('__name__, "_pyrepl" in sys.modules', "('__main__', True)\r\n")
    it.say('exit', '\n')
    it.end()


def errors():
    it = Conversation('-q')
    it.wait_for('>>> ')
    shown = it.say('1 / 0', 'ZeroDivisionError: division by zero')
    assert '~~^~~' in shown and 'line 1, in <module>' in shown, shown
    it.say('1 +', 'SyntaxError: invalid syntax')
    it.say('nonsense', "NameError: name 'nonsense' is not defined")
    it.say('import sys; sys.last_value', 'NameError("name')
    it.say('raise SystemExit(7)', '\n')
    it.end(7)


def colours():
    it = Conversation('-q', colour=True)
    it.wait_for('>>> ')
    it.say('1 / 0', '\x1b[1;35mZeroDivisionError\x1b[0m')
    it.leave()


def interrupts():
    it = Conversation('-q')
    it.wait_for('>>> ')
    it.type('abandoned\x03')
    it.wait_for('KeyboardInterrupt')
    it.wait_for('>>> ')
    it.say('print("go", flush=True)\rwhile True: pass\r', 'go\r\n')
    it.interrupt()
    it.wait_for('KeyboardInterrupt')
    it.wait_for('>>> ')
    it.say('import time; print("go", flush=True); time.sleep(1000)', 'go\r\n')
    it.interrupt()
    it.wait_for('KeyboardInterrupt')
    it.wait_for('>>> ')
    it.say('input("name? ")', 'name? ')
    it.say('me', "'me'")
    it.leave()


def completion_and_history():
    history = os.path.join(HOME, 'history')
    it = Conversation('-q', PYTHON_HISTORY=history)
    it.wait_for('>>> ')
    it.say('import sys', '>>> ')
    it.type('sys.version_in\t')
    it.wait_for('fo')
    it.say('.major', '3\r\n')
    it.wait_for('>>> ')
    it.type('\x1bOA\x1bOA')
    it.wait_for('import sys')
    it.say('; 40 + 2', '42\r\n')
    it.say('exit()', '\n')
    it.end()
    with open(history) as file:
        lines = file.read().splitlines()
    assert lines[-3:] == ['sys.version_info.major', 'import sys; 40 + 2', 'exit()'], lines
    it = Conversation('-q', PYTHON_HISTORY=history)
    it.wait_for('>>> ')
    it.type('\x1bOA\x1bOA')
    it.wait_for('import sys; 40 + 2')
    it.say('', '42\r\n')
    it.leave()


def help_in_pages():
    it = Conversation('-q', PAGER='cat')
    it.wait_for('>>> ')
    it.say('help(len)', 'Return the')
    it.say('help', 'help> ')
    it.say('quit', '>>> ')
    it.say('copyright', 'Copyright')
    it.leave()


def start_up_file():
    name = os.path.join(HOME, 'startup.py')
    with open(name, 'w') as file:
        file.write('answer = 42\nprint("started")\n')
    for basic in {}, {'PYTHON_BASIC_REPL': '1'}:
        it = Conversation('-q', PYTHONSTARTUP=name, **basic)
        it.wait_for('started')
        it.say('answer', '42\r\n')
        it.leave()
    it = Conversation('-E', '-q', PYTHONSTARTUP=name)
    assert 'started' not in it.wait_for('>>> ')
    it.say('6 * 7', '42\r\n')
    it.leave()
    with open(name, 'w') as file:
        file.write('1 / 0\n')
    it = Conversation('-q', PYTHONSTARTUP=name)
    it.wait_for('ZeroDivisionError')
    it.say('6 * 7', '42\r\n')
    it.leave()


def after_a_program():
    name = os.path.join(HOME, 'program.py')
    with open(name, 'w') as file:
        file.write('import sys\nvalue = sys.argv[1:]\nsys.exit(3)\n')
    it = Conversation('-i', name, 'a', 'b')
    it.wait_for('SystemExit: 3')
    it.say('value', "['a', 'b']")
    it.leave()
    it = Conversation('-c', 'import os; os.environ["PYTHONINSPECT"] = "1"; value = 42')
    it.say('value', '42\r\n')
    it.say('exit(5)', '\n')
    it.end(5)
    it = Conversation('-c', 'value = 42')
    it.end()


def simple_prompt():
    for environment in {'PYTHON_BASIC_REPL': '1'}, {'TERM': 'dumb'}:
        it = Conversation('-q', **environment)
        it.wait_for('>>> ')
        it.say('6 * 7', '42\r\n')
        it.say('if True:', '... ')
        it.say('    print("yes")', '... ')
        it.say('', 'yes\r\n')
        it.say('1 / 0', 'ZeroDivisionError: division by zero')
        it.say('1 +', 'SyntaxError: invalid syntax')
        it.say('# nothing', '>>> ')
        it.say('x = """a', '... ')
        it.say('b"""; x', "'a\\nb'")
        it.wait_for('>>> ')
        it.interrupt()
        it.wait_for('KeyboardInterrupt')
        it.wait_for('>>> ')
        it.say('while True: pass', '... ')
        it.type('\r')
        it.interrupt()
        it.wait_for('KeyboardInterrupt')
        it.wait_for('>>> ')
        it.say('input("name? ")', 'name? ')
        it.say('me', "'me'")
        it.say('import sys; sys.ps1 = "next: "', 'next: ')
        it.type('\x04')
        it.end()


def a_program_from_the_terminal():
    it = Conversation('-')
    it.wait_for('>>> ')
    it.say('import sys; sys.argv', "['-']")
    it.leave()


def asked_by_a_program():
    it = Conversation('-c', 'import getpass; print(input("a? "), getpass.getpass("b? "))')
    it.wait_for('a? ')
    it.say('one', 'b? ')
    it.say('two', 'one two\r\n')
    it.end()
    it = Conversation('-c', 'input("a? ")')
    it.wait_for('a? ')
    it.type('\x04')
    it.wait_for('EOFError: EOF when reading a line')
    it.end(1)
    it = Conversation('-c', 'input("a? ")')
    it.wait_for('a? ')
    it.interrupt()
    it.wait_for('KeyboardInterrupt')
    it.end(-signal.SIGINT)


CONVERSATIONS = [
    statements, errors, colours, interrupts, completion_and_history, help_in_pages, start_up_file, after_a_program,
    simple_prompt, a_program_from_the_terminal, asked_by_a_program,
]

if __name__ == '__main__':
    INTERPRETER = sys.argv[1]
    wrong = []
    with tempfile.TemporaryDirectory() as HOME:
        for conversation in CONVERSATIONS:
            if sys.argv[2:] and conversation.__name__ not in sys.argv[2:]:
                continue
            try:
                conversation()
            except AssertionError as error:
                frame = error.__traceback__.tb_next
                wrong.append(f'{conversation.__name__}, line {frame.tb_lineno}: {error}')
    print('\n'.join(wrong) or 'ok')
