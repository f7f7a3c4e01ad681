# System calls.
import posix
DIR = '/tmp/taipan_posix_test_%d' % posix.getpid()

def raises(kind, text, f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except kind as e:
        assert text is None or text in str(e), (text, str(e))
        return e
    assert False, ('nothing raised', kind, text)

def test_files():
    posix.mkdir(DIR)
    raises(FileExistsError, "[Errno 17] File exists: '%s'" % DIR, posix.mkdir, DIR)
    a, b = DIR + '/a', DIR + '/b'
    fd = posix.open(a, posix.O_WRONLY | posix.O_CREAT, 0o644)
    assert posix.write(fd, b'hello') == 5
    assert posix.lseek(fd, 0, 1) == 5
    assert not posix.get_inheritable(fd)
    posix.fsync(fd)
    s = posix.fstat(fd)
    posix.close(fd)
    assert s == posix.stat(a) and s.st_size == 5 and s[6] == 5
    assert s.st_mode == 0o100644, s.st_mode
    assert repr(s).startswith('os.stat_result(st_mode=33188, st_ino=')
    assert type(s.st_mtime) is float and s.st_mtime_ns // 1000000000 == s[8] == int(s.st_mtime)
    assert type(s).n_fields == 19 and type(s).n_sequence_fields == 10
    posix.utime(a, (1, 2.5))
    assert posix.stat(a).st_mtime_ns == 2500000000 and posix.stat(a)[7] == 1
    posix.utime(a, ns=(5, 6))
    assert posix.stat(a).st_atime_ns == 5
    posix.link(a, b)
    assert posix.stat(b).st_nlink == 2
    posix.symlink('a', DIR + '/l')
    assert posix.readlink(DIR + '/l') == 'a'
    assert posix.readlink((DIR + '/l').encode()) == b'a'
    assert posix.lstat(DIR + '/l').st_mode & 0o170000 == 0o120000
    assert posix.stat(DIR + '/l', follow_symlinks=False).st_ino == posix.lstat(DIR + '/l').st_ino
    assert set(posix.listdir(DIR)) == {'a', 'b', 'l'}
    assert set(posix.listdir(DIR.encode())) == {b'a', b'b', b'l'}
    entries = {}
    with posix.scandir(DIR) as it:
        for e in it:
            entries[e.name] = e
    assert entries['a'].is_file() and not entries['a'].is_dir() and entries['l'].is_symlink()
    assert entries['l'].is_file() and not entries['l'].is_file(follow_symlinks=False)
    assert entries['a'].path == a and entries['a'].inode() == s.st_ino
    assert entries['a'].stat().st_size == 5
    assert repr(entries['a']) == "<DirEntry 'a'>"
    assert posix.fspath(entries['a']) == a
    dirfd = posix.open(DIR, posix.O_RDONLY)
    assert posix.stat('a', dir_fd=dirfd).st_size == 5
    assert set(posix.listdir(dirfd)) == {'a', 'b', 'l'}
    posix.mkdir('sub', dir_fd=dirfd)
    posix.rmdir('sub', dir_fd=dirfd)
    posix.close(dirfd)
    posix.rename(b, DIR + '/c')
    e = raises(FileNotFoundError, " -> ", posix.rename, b, DIR + '/d')
    assert e.filename == b and e.filename2 == DIR + '/d'
    posix.truncate(a, 2)
    assert posix.stat(a).st_size == 2
    posix.chmod(a, 0o600)
    assert posix.stat(a).st_mode == 0o100600
    assert posix.access(a, posix.R_OK) and not posix.access(DIR + '/none', 0)
    e = raises(FileNotFoundError, "[Errno 2] No such file or directory: '%s/none'" % DIR, posix.stat, DIR + '/none')
    raises(TypeError, 'stat: path should be string, bytes, os.PathLike or integer, not float', posix.stat, 1.5)
    raises(TypeError, 'unlink: path should be string, bytes or os.PathLike, not int', posix.unlink, 1)
    raises(ValueError, 'embedded null character', posix.stat, 'a\0b')
    raises(OSError, 'Bad file descriptor', posix.fstat, 9999)
    raises(TypeError, 'expected str, bytes or os.PathLike object, not int', posix.fspath, 5)
    name = DIR + '/\udcff\xe9'
    posix.close(posix.open(name, posix.O_CREAT | posix.O_WRONLY))
    assert '\udcff\xe9' in posix.listdir(DIR)
    assert b'\xff\xc3\xa9' in posix.listdir(DIR.encode())
    raises(UnicodeEncodeError, "'utf-8' codec can't encode character '\\ud800'", posix.stat, 'x\ud800')
    for entry in posix.listdir(DIR):
        posix.unlink(DIR + '/' + entry)
    posix.rmdir(DIR)

def test_descriptors():
    r, w = posix.pipe()
    posix.write(w, b'abcdef')
    assert posix.read(r, 2) == b'ab'
    b = bytearray(2)
    assert posix.readinto(r, b) == 2 and b == b'cd'
    b1, b2 = bytearray(1), bytearray(5)
    assert posix.readv(r, [b1, b2]) == 2 and b1 == b'e' and b2[0] == 102
    assert posix.writev(w, [b'x', b'yz']) == 3
    assert posix.read(r, 10) == b'xyz'
    d = posix.dup(r)
    posix.close(d)
    posix.set_inheritable(r, True)
    assert posix.get_inheritable(r)
    assert posix.get_blocking(r)
    posix.set_blocking(r, False)
    raises(BlockingIOError, None, posix.read, r, 1)
    posix.close(r)
    posix.close(w)
    raises(OSError, 'Bad file descriptor', posix.close, r)
    fd = posix.memfd_create('x')
    posix.pwrite(fd, b'hello', 3)
    assert posix.pread(fd, 10, 0) == b'\0\0\0hello'
    posix.ftruncate(fd, 4)
    assert posix.lseek(fd, 0, 2) == 4
    posix.close(fd)
    e = posix.eventfd(3)
    assert posix.eventfd_read(e) == 3
    posix.close(e)

def test_paths():
    n = posix._path_normpath
    assert n('a//b/../c/.') == 'a/c' and n(b'/../x') == b'/x' and n('') == '.'
    assert posix._path_splitroot_ex('//x/y') == ('', '//', 'x/y')
    assert posix._path_splitroot_ex('/x') == ('', '/', 'x')
    cwd = posix.getcwd()
    posix.chdir('/')
    assert posix.getcwd() == '/' and posix.getcwdb() == b'/'
    posix.chdir(cwd)

def test_processes():
    assert posix.getpid() > 0 and posix.getppid() > 0
    pid = posix.fork()
    if pid == 0:
        posix._exit(7)
    p, status = posix.waitpid(pid, 0)
    assert p == pid and posix.waitstatus_to_exitcode(status) == 7 and posix.WIFEXITED(status)
    pid = posix.fork()
    if pid == 0:
        while True:
            posix.sched_yield()
    posix.kill(pid, 9)
    p, status, usage = posix.wait4(pid, 0)
    assert posix.WIFSIGNALED(status) and posix.WTERMSIG(status) == 9
    assert posix.waitstatus_to_exitcode(status) == -9
    assert usage.ru_utime >= 0.0
    raises(ChildProcessError, None, posix.wait)
    r, w = posix.pipe()
    pid = posix.posix_spawn('/bin/echo', ['echo', 'hi'], {b'A': b'1'}, file_actions=[(posix.POSIX_SPAWN_DUP2, w, 1)])
    posix.close(w)
    assert posix.read(r, 100) == b'hi\n'
    posix.close(r)
    assert posix.waitpid(pid, 0)[1] == 0
    raises(FileNotFoundError, "No such file or directory: '/none'", posix.posix_spawn, '/none', ['x'], {})
    raises(ValueError, 'execv() arg 2 must not be empty', posix.execv, '/bin/true', [])
    raises(FileNotFoundError, None, posix.execv, '/none', ['x'])
    assert posix.system('exit 3') == 3 << 8
    before, child, parent = [], [], []
    posix.register_at_fork(before=lambda: before.append(1), after_in_parent=lambda: parent.append(1))
    pid = posix.fork()
    if pid == 0:
        posix._exit(len(before))
    assert posix.waitpid(pid, 0)[1] >> 8 == 1 and parent == [1]

def test_system():
    assert posix.uname().sysname == 'Linux'
    assert len(posix.urandom(16)) == 16
    assert posix.sysconf('SC_PAGE_SIZE') == 4096
    raises(ValueError, 'unrecognized configuration name', posix.sysconf, 'SC_NOTHING')
    assert posix.pathconf('/', 'PC_NAME_MAX') == 255
    assert posix.confstr('CS_PATH')
    assert posix.strerror(2) == 'No such file or directory'
    assert len(posix.getloadavg()) == 3
    assert posix.times().elapsed > 0
    assert posix.cpu_count() >= 1
    assert 0 in posix.sched_getaffinity(0) or True
    assert posix.sched_param(3).sched_priority == 3
    assert repr(posix.sched_param(sched_priority=4)) == 'posix.sched_param(sched_priority=4)'
    assert posix.terminal_size((80, 24)).columns == 80
    assert posix.minor(posix.makedev(3, 4)) == 4 and posix.major(posix.makedev(3, 4)) == 3
    raises(OSError, None, posix.get_terminal_size, 9999)
    old = posix.umask(0o22)
    assert posix.umask(old) == 0o22
    posix.putenv('TAIPAN_X', 'y')
    posix.unsetenv('TAIPAN_X')
    raises(ValueError, 'illegal environment variable name', posix.putenv, 'a=b', 'c')
    assert type(posix.environ) is dict
    for key in posix.environ:
        assert type(key) is bytes
    m, s = posix.openpty()
    assert posix.isatty(s) and posix.ttyname(s).startswith('/dev/pts/')
    posix.close(m)
    posix.close(s)
    raises(OverflowError, 'uid is less than minimum', posix.chown, '/tmp/x', -5, -5)
    assert 'HAVE_FSTATAT' in posix._have_functions

def main():
    import sys
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
