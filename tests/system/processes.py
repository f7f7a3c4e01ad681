# Processes, mapped memory, and the modules that stand on them.
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import shutil
import pathlib
import glob

def raises(kind, text, f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except kind as e:
        assert text is None or text in str(e), (text, str(e))
        return e
    assert False, ('nothing raised', kind, text)

def test_run():
    done = subprocess.run(['echo', 'hello'], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == 'hello\n' and done.stderr == ''
    done = subprocess.run('echo out; echo err >&2; exit 3', shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 3 and done.stdout == b'out\nerr\n'
    done = subprocess.run(['cat'], input=b'x' * 200000, stdout=subprocess.PIPE)
    assert done.stdout == b'x' * 200000
    assert subprocess.check_output(['pwd'], cwd='/').strip() == b'/'
    assert subprocess.check_output(['sh', '-c', 'echo $A'], env={'A': 'b'}) == b'b\n'
    e = raises(FileNotFoundError, "[Errno 2] No such file or directory: '/nothing'", subprocess.run, ['/nothing'])
    assert e.filename == '/nothing'
    e = raises(FileNotFoundError, '/no/directory', subprocess.run, ['true'], cwd='/no/directory')
    raises(subprocess.CalledProcessError, 'returned non-zero exit status 1', subprocess.check_call, ['false'])
    raises(subprocess.TimeoutExpired, None, subprocess.run, ['sleep', '10'], timeout=0.05)
    p = subprocess.Popen(['sleep', '10'])
    p.send_signal(signal.SIGTERM)
    assert p.wait() == -signal.SIGTERM
    assert subprocess.run(['true'], preexec_fn=lambda: os.umask(0)).returncode == 0
    raises(subprocess.SubprocessError, 'Exception occurred in preexec_fn', subprocess.run, ['true'], preexec_fn=lambda: 1 / 0)

def test_pipes():
    p = subprocess.Popen(['sort'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    out, err = p.communicate('b\na\n')
    assert out == 'a\nb\n' and err is None
    with subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        p.stdin.write(b'line\n')
        p.stdin.flush()
        assert p.stdout.readline() == b'line\n'
        p.stdin.close()
    r, w = os.pipe()
    p = subprocess.Popen(['sh', '-c', 'echo kept >&%d' % w], pass_fds=[w])
    os.close(w)
    assert os.read(r, 100) == b'kept\n'
    os.close(r)
    p.wait()

def test_broken_pipe():
    r, w = os.pipe()
    os.close(r)
    f = open(w, 'wb')
    f.write(b'abc')
    raises(BrokenPipeError, '[Errno 32] Broken pipe', f.flush)
    raises(BrokenPipeError, None, f.close)

def test_files():
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        (base / 'a').mkdir()
        (base / 'a' / 'x.txt').write_text('hello')
        (base / 'a' / 'y.txt').write_bytes(b'\xff\xfe')
        assert sorted(p.name for p in base.rglob('*.txt')) == ['x.txt', 'y.txt']
        assert (base / 'a' / 'x.txt').read_text() == 'hello'
        shutil.copytree(base / 'a', base / 'b')
        assert sorted(os.listdir(base / 'b')) == ['x.txt', 'y.txt']
        assert [os.path.basename(p) for p in sorted(glob.glob(folder + '/*'))] == ['a', 'b']
        shutil.move(str(base / 'b'), str(base / 'c'))
        assert not os.path.exists(base / 'b') and os.path.isdir(base / 'c')
        assert [(os.path.basename(d), sorted(ds), sorted(fs)) for d, ds, fs in sorted(os.walk(base / 'c'))] == [('c', [], ['x.txt', 'y.txt'])]
        shutil.rmtree(base / 'c')
        assert shutil.disk_usage(folder).total > 0
        assert shutil.which('sh')
    assert not os.path.exists(folder)
    with tempfile.NamedTemporaryFile('w+') as f:
        f.write('x')
        f.seek(0)
        assert f.read() == 'x'
    with tempfile.SpooledTemporaryFile() as f:
        f.write(b'abc')
        f.seek(0)
        assert f.read() == b'abc'
    os.environ['TAIPAN_TEST'] = 'v\udcff'
    assert subprocess.check_output(['sh', '-c', 'echo $TAIPAN_TEST']) == b'v\xff\n'
    del os.environ['TAIPAN_TEST']
    assert os.getenv('TAIPAN_TEST') is None

def test_mmap():
    with tempfile.TemporaryFile() as f:
        f.write(b'hello world\nsecond')
        f.flush()
        with mmap.mmap(f.fileno(), 0) as m:
            assert len(m) == 18 and m[:5] == b'hello' and m[0] == 104 and m[-1] == 100
            assert m.readline() == b'hello world\n' and m.read() == b'second' and m.tell() == 18
            m[0:5] = b'HELLO'
            m[6] = 87
            assert m.find(b'W') == -1 and m.find(b'World', 0) == 6 and m.rfind(b'l', 0) == 9
            m.seek(0)
            m.write(b'J')
            assert m[::6] == b'JWs', m[::6]
            m.flush()
            view = memoryview(m)
            raises(BufferError, 'cannot close exported pointers exist', m.close)
            raises(BufferError, "mmap can't resize with extant buffers exported.", m.resize, 100)
            view.release()
            m.resize(8192)
            assert len(m) == 8192 and m.size() == 8192
            m.move(0, 6, 5)
            assert m[:5] == b'World'
            raises(ValueError, 'data out of range', (m.seek(8190), m.write)[1], b'abc')
            raises(IndexError, 'mmap slice assignment is wrong size', m.__setitem__, slice(0, 2), b'abc')
        assert m.closed
        raises(ValueError, 'mmap closed or invalid', m.read)
        f.seek(0)
        assert f.read(5) == b'World'
        with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
            raises(TypeError, "mmap can't modify a readonly memory map.", m.write, b'x')
            assert memoryview(m).readonly
            assert repr(m).startswith('<mmap.mmap closed=False, access=ACCESS_READ, length=8192, pos=0, offset=0>')
        with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY) as m:
            m[0] = 0
        f.seek(0)
        assert f.read(1) == b'W'
        raises(ValueError, 'mmap length is greater than file size', mmap.mmap, f.fileno(), 100000)
    m = mmap.mmap(-1, 100)
    m[10:13] = b'abc'
    assert m[10:13] == b'abc' and len(m) == 100
    m.close()

def test_shared_memory():
    import _posixshmem
    import mmap
    name = f"/taipan-test-{os.getpid()}"
    first = _posixshmem.shm_open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode=0o600)
    try:
        os.ftruncate(first, 100)
        second = _posixshmem.shm_open(name, os.O_RDWR, mode=0o600)
        with mmap.mmap(first, 100) as one, mmap.mmap(second, 100) as other:
            one[:5] = b"hello"
            assert other[:5] == b"hello"
        os.close(second)
    finally:
        os.close(first)
        _posixshmem.shm_unlink(name)


def test_signals():
    got = []
    old = signal.signal(signal.SIGUSR1, lambda number, frame: got.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    assert got == [signal.SIGUSR1]
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        import time
        time.sleep(0.05)
        os.kill(os.getppid(), signal.SIGUSR1)
        time.sleep(0.05)
        os.write(w, b'x')
        os._exit(0)
    # The read is interrupted, the handler runs, and the read goes on.
    assert os.read(r, 1) == b'x'
    assert got == [signal.SIGUSR1] * 2
    os.waitpid(pid, 0)
    class Stop(Exception):
        pass
    def stop(number, frame):
        raise Stop
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    raises(Stop, None, os.read, r, 1)
    import threading
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    lock = threading.Lock()
    lock.acquire()
    raises(Stop, None, lock.acquire)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGUSR1, old)


def main():
    import traceback
    failed = 0
    for name, test in list(globals().items()):
        if name.startswith('test_') and (len(sys.argv) < 2 or name in sys.argv[1:]):
            try:
                test()
            except Exception:
                failed += 1
                print(name)
                traceback.print_exc(file=sys.stdout)
    print('failed' if failed else 'ok')

main()
