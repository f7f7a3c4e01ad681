# Files of all layers, on a file in the temporary directory.
import _io
import posix
PATH = '/tmp/taipan_io_test_%d' % posix.getpid()
open = _io.open

def raises(kind, text, f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except kind as e:
        assert text is None or text in str(e), (text, str(e))
        return e
    assert False, ('nothing raised', kind, text)

def put(data):
    with open(PATH, 'wb') as f:
        f.write(data)

def get():
    with open(PATH, 'rb') as f:
        return f.read()

def test_constants():
    assert _io.UnsupportedOperation.__mro__[1:3] == (OSError, ValueError)
    assert _io.BlockingIOError is BlockingIOError
    assert _io.FileIO.__mro__[1] is _io._RawIOBase
    assert _io.TextIOWrapper.__mro__[1] is _io._TextIOBase

def test_raw():
    f = _io.FileIO(PATH, 'w')
    assert f.write(b'hello world') == 11
    assert repr(f) == "<_io.FileIO name=%r mode='wb' closefd=True>" % PATH, repr(f)
    assert f.tell() == 11
    assert f.seek(0) == 0
    assert f.truncate(5) == 5
    raises(_io.UnsupportedOperation, 'File not open for reading', f.read)
    assert not f.closed
    f.close()
    f.close()
    assert f.closed
    assert repr(f) == '<_io.FileIO [closed]>'
    raises(ValueError, 'I/O operation on closed file', f.write, b'x')
    raises(ValueError, 'I/O operation on closed file', f.flush)
    f = _io.FileIO(PATH)
    assert f.readable() and not f.writable() and f.seekable() and not f.isatty()
    assert f.read(2) == b'he'
    b = bytearray(10)
    assert f.readinto(b) == 3 and b[:3] == b'llo'
    assert f.read() == b''
    f.seek(1)
    assert f.readall() == b'ello'
    f.seek(0)
    assert f.readline() == b'hello'
    f.close()
    raises(ValueError, 'Must have exactly one of', _io.FileIO, PATH, 'rw')
    raises(ValueError, 'invalid mode: z', _io.FileIO, PATH, 'z')
    raises(ValueError, 'negative file descriptor', _io.FileIO, -1)
    e = raises(FileNotFoundError, None, _io.FileIO, PATH + 'x')
    assert e.filename == PATH + 'x' and e.errno == 2
    raises(IsADirectoryError, None, _io.FileIO, '/tmp')
    raises(FileExistsError, None, _io.FileIO, PATH, 'x')
    raises(ValueError, 'Cannot use closefd=False with file name', _io.FileIO, PATH, closefd=False)
    raises(TypeError, 'expected str, bytes or os.PathLike object, not float', _io.FileIO, 1.5)
    raises(TypeError, 'cannot pickle', _io.FileIO(PATH).__getstate__)
    fd = posix.open(PATH, posix.O_RDONLY)
    f = _io.FileIO(fd, closefd=False)
    f.close()
    posix.close(fd)

def test_append():
    put(b'abc')
    with open(PATH, 'ab') as f:
        assert f.tell() == 3
        f.write(b'def')
    assert get() == b'abcdef'
    with open(PATH, 'a+') as f:
        f.write('gh')
        f.seek(0)
        assert f.read() == 'abcdefgh'

def test_buffered_reader():
    put(bytes(range(256)) * 1000)
    with open(PATH, 'rb', 100) as f:
        assert f.read(10) == bytes(range(10))
        assert f.peek(3)[:3] == b'\n\x0b\x0c'
        assert len(f.peek()) == 90
        assert f.tell() == 10
        assert f.read(200) == bytes(range(10, 210))
        assert f.tell() == 210
        assert f.seek(5) == 5
        assert f.read(1) == b'\x05'
        assert f.seek(-1, 1) == 5
        assert f.read1(3) == b'\x05\x06\x07'
        assert f.seek(-3, 2) == 255997
        assert f.read(10) == b'\xfd\xfe\xff'
        assert f.read(10) == b''
        f.seek(0)
        b = bytearray(300)
        assert f.readinto(b) == 300
        assert bytes(b[250:]) == bytes(range(250, 256)) + bytes(range(44))
        b = bytearray(300)
        n = f.readinto1(b)
        assert 0 < n <= 300
        assert repr(f) == '<_io.BufferedReader name=%r>' % PATH
        assert f.raw.name == PATH and f.mode == 'rb' and f.name == PATH
        raises(ValueError, 'read length must be non-negative or -1', f.read, -2)
        raises(_io.UnsupportedOperation, 'write', f.write, b'')
        raises(_io.UnsupportedOperation, 'truncate', f.truncate)
    raises(ValueError, 'read of closed file', f.read)
    raises(ValueError, 'peek of closed file', f.peek)
    raises(ValueError, 'seek of closed file', f.seek, 0)
    with open(PATH, 'rb') as f:
        assert f.read() == bytes(range(256)) * 1000
    raises(ValueError, 'strictly positive', _io.BufferedReader, _io.FileIO(PATH), 0)

def test_lines():
    put(b'one\ntwo\nthree')
    with open(PATH, 'rb', 4) as f:
        assert [line for line in f] == [b'one\n', b'two\n', b'three']
        f.seek(0)
        assert f.readline(2) == b'on'
        assert f.readline() == b'e\n'
        assert f.readlines() == [b'two\n', b'three']
    with open(PATH, 'rb') as f:
        assert f.readlines(5) == [b'one\n', b'two\n']
        assert f.readline(0) == b''

def test_buffered_writer():
    f = open(PATH, 'wb', 10)
    assert f.write(b'abc') == 3
    assert posix.stat(PATH).st_size == 0
    assert f.tell() == 3
    f.write(b'defghijk')
    assert posix.stat(PATH).st_size >= 3
    f.flush()
    assert get() == b'abcdefghijk'
    f.write(b'x' * 35)
    f.close()
    assert get() == b'abcdefghijk' + b'x' * 35
    raises(ValueError, 'write to closed file', f.write, b'')
    raises(ValueError, 'flush of closed file', f.flush)
    f = open(PATH, 'wb')
    f.writelines([b'a', bytearray(b'b'), memoryview(b'c')])
    f.seek(1)
    f.write(b'Z')
    f.truncate(2)
    f.close()
    assert get() == b'aZ'

def test_random():
    put(b'0123456789')
    with open(PATH, 'r+b', 4) as f:
        assert f.read(2) == b'01'
        f.write(b'ab')
        assert f.tell() == 4
        assert f.read(2) == b'45'
        f.seek(8)
        f.write(b'yz!')
        f.seek(0)
        assert f.read() == b'01ab4567yz!'
        assert f.tell() == 11
        f.seek(1)
        assert f.read(1) == b'1'
        f.write(b'X')
        assert f.peek(1)[:1] == b'b'
    assert get() == b'01Xb4567yz!'
    with open(PATH, 'w+') as f:
        f.write('hello\nworld\n')
        f.seek(0)
        assert f.readline() == 'hello\n'
        f.seek(0, 2)
        f.write('more')
        f.seek(0)
        assert f.read() == 'hello\nworld\nmore'

def test_full():
    f = open('/dev/full', 'wb', 10)
    f.write(b'abc')
    e = raises(OSError, 'No space left on device', f.flush)
    assert e.errno == 28
    raises(OSError, 'No space left on device', f.write, b'x' * 20)
    raises(OSError, 'No space left on device', f.close)
    assert f.closed
    f = open('/dev/full', 'w')
    f.write('abc')
    raises(OSError, 'No space left on device', f.flush)
    raises(OSError, 'No space left on device', f.flush)
    raises(OSError, 'No space left on device', f.close)
    assert f.closed and f.buffer.closed and f.buffer.raw.closed
    f.close()

def test_pipe():
    r, w = posix.pipe()
    posix.set_blocking(r, False)
    posix.set_blocking(w, False)
    raw = open(r, 'rb', 0)
    assert raw.read(5) is None
    assert raw.readall() is None
    assert raw.readinto(bytearray(5)) is None
    reader = _io.BufferedReader(raw)
    assert reader.read(5) is None
    assert reader.read() is None
    posix.write(w, b'ab')
    assert reader.read(5) == b'ab'
    assert not reader.seekable()
    raises(OSError, 'Illegal seek', reader.tell)
    writer = open(w, 'wb', 16)
    e = raises(BlockingIOError, 'write could not complete without blocking', writer.write, b'x' * 1000000)
    written = e.characters_written
    assert 0 < written < 1000000
    total = 0
    while total < written:
        got = posix.read(r, 100000)
        total += len(got)
        try:
            writer.flush()
        except BlockingIOError:
            pass
    assert total == written, (total, written)
    writer.close()
    assert reader.read() == b''
    reader.close()

def test_closed_pipe():
    r, w = posix.pipe()
    posix.close(r)
    f = open(w, 'wb')
    f.write(b'abc')
    # SIGPIPE is ignored by the command; here the write is not made.
    f.raw.close()
    raises(ValueError, 'flush of closed file', f.flush)

def test_text():
    with open(PATH, 'w', encoding='utf-8') as f:
        assert f.write('häß\n€\U0001f600\n') == 7
        assert f.encoding == 'utf-8' and f.errors == 'strict'
        assert f.mode == 'w' and f.name == PATH
        assert repr(f) == "<_io.TextIOWrapper name=%r mode='w' encoding='utf-8'>" % PATH
    assert get() == b'h\xc3\xa4\xc3\x9f\n\xe2\x82\xac\xf0\x9f\x98\x80\n'
    with open(PATH, encoding='utf-8') as f:
        assert f.read(2) == 'hä'
        assert f.read(2) == 'ß\n'
        assert f.read() == '€\U0001f600\n'
        assert f.read() == ''
        f.seek(0)
        assert f.readlines() == ['häß\n', '€\U0001f600\n']
        f.seek(0)
        assert [line for line in f] == ['häß\n', '€\U0001f600\n']
        assert f.newlines == '\n'
        raises(_io.UnsupportedOperation, 'not writable', f.write, 'x')
    raises(ValueError, 'I/O operation on closed file.', f.read)
    raises(ValueError, 'I/O operation on closed file.', f.write, 'x')
    put(b'a\xffb')
    with open(PATH, encoding='utf-8') as f:
        raises(UnicodeDecodeError, "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte", f.read)
    with open(PATH, encoding='utf-8', errors='replace') as f:
        assert f.read() == 'a\ufffdb'
    with open(PATH, encoding='utf-8', errors='surrogateescape') as f:
        assert f.read() == 'a\udcffb'
    with open(PATH, encoding='latin-1') as f:
        assert f.read() == 'a\xffb'
    with open(PATH, 'w', encoding='ascii', errors='backslashreplace') as f:
        f.write('a\xe9€')
        f.write('z')
    assert get() == b'a\\xe9\\u20acz'
    with open(PATH, 'w', encoding='ascii') as f:
        raises(UnicodeEncodeError, "'ascii' codec can't encode character '\\xe9'", f.write, '\xe9')
    raises(ValueError, "binary mode doesn't take an encoding argument", open, PATH, 'rb', encoding='utf-8')
    raises(ValueError, "can't have text and binary mode at once", open, PATH, 'tb')
    raises(ValueError, "invalid mode: 'rr'", open, PATH, 'rr')
    raises(ValueError, "must have exactly one of create/read/write/append mode", open, PATH, 'rw')
    raises(ValueError, "can't have unbuffered text I/O", open, PATH, 'r', 0)
    raises(ValueError, "illegal newline value: x", open, PATH, newline='x')
    raises(TypeError, "write() argument must be str, not bytes", open(PATH, 'w').write, b'x')

def test_newlines():
    put(b'a\r\nb\rc\nd')
    with open(PATH) as f:
        assert f.read() == 'a\nb\nc\nd'
        assert f.newlines == ('\r', '\n', '\r\n'), f.newlines
    with open(PATH) as f:
        assert f.readlines() == ['a\n', 'b\n', 'c\n', 'd']
    with open(PATH, newline='') as f:
        assert f.readlines() == ['a\r\n', 'b\r', 'c\n', 'd']
    with open(PATH, newline='\n') as f:
        assert f.readlines() == ['a\r\n', 'b\rc\n', 'd']
    with open(PATH, newline='\r') as f:
        assert f.readlines() == ['a\r', '\nb\r', 'c\nd']
    with open(PATH, newline='\r\n') as f:
        assert f.readlines() == ['a\r\n', 'b\rc\nd']
    for size in range(1, 6):
        for newline in (None, '', '\n', '\r', '\r\n'):
            with open(PATH, newline=newline) as f:
                whole = f.readlines()
            with open(PATH, newline=newline) as f:
                f._CHUNK_SIZE = size
                assert f.readlines() == whole, (size, newline, whole)
            with open(PATH, newline=newline) as f:
                f._CHUNK_SIZE = size
                text = ''
                while True:
                    c = f.read(1)
                    if not c:
                        break
                    text += c
                assert text == ''.join(whole), (size, newline, whole)
    for newline, expected in ((None, b'a\nb'), ('', b'a\nb'), ('\r', b'a\rb'), ('\r\n', b'a\r\nb')):
        with open(PATH, 'w', newline=newline) as f:
            assert f.write('a\nb') == 3
        assert get() == expected

def test_tell():
    text = 'häß\r\n€uro\n\U0001f600x\ry'
    with open(PATH, 'w', encoding='utf-8', newline='') as f:
        f.write(text * 20)
    for newline in (None, ''):
        for size in (1, 2, 3, 5, 7, 100):
            with open(PATH, encoding='utf-8', newline=newline) as f:
                f._CHUNK_SIZE = size
                whole = f.read()
                f.seek(0)
                for i in range(0, len(whole), 3):
                    position = f.tell()
                    rest = f.read()
                    assert rest == whole[i:], (newline, size, i)
                    f.seek(position)
                    assert f.read(3) == whole[i:i + 3], (newline, size, i)
    with open(PATH, encoding='utf-8') as f:
        f.readline()
        p = f.tell()
        second = f.readline()
        f.seek(p)
        assert f.readline() == second
        for line in f:
            raises(OSError, 'telling position disabled by next() call', f.tell)
            break
        raises(_io.UnsupportedOperation, "can't do nonzero cur-relative seeks", f.seek, 1, 1)
        raises(_io.UnsupportedOperation, "can't do nonzero end-relative seeks", f.seek, -1, 2)
        raises(ValueError, 'invalid whence (5, should be 0, 1 or 2)', f.seek, 0, 5)
        raises(ValueError, 'negative seek position -1', f.seek, -1)

def test_text_options():
    with open(PATH, 'w') as f:
        f.write('abc')
        assert get() == b''
        f.reconfigure(write_through=True)
        assert get() == b'abc'
        f.write('d')
        f.reconfigure(line_buffering=True, write_through=False)
        assert f.line_buffering and not f.write_through
        f.write('e')
        f.write('f\n')
        assert get() == b'abcdef\n'
        f.reconfigure(encoding='latin-1', newline='\r\n')
        f.write('\xe9\n')
        assert f.encoding == 'latin-1'
    assert get() == b'abcdef\n\xe9\r\n'
    with open(PATH, encoding='latin-1') as f:
        f.read(1)
        raises(_io.UnsupportedOperation, 'It is not possible to set the encoding', f.reconfigure, encoding='utf-8')
    b = _io.BytesIO()
    t = _io.TextIOWrapper(b, encoding='utf-8')
    t.write('x')
    assert t.detach() is b
    assert b.getvalue() == b'x'
    raises(ValueError, 'underlying buffer has been detached', t.write, 'x')
    assert repr(t) == "<_io.TextIOWrapper encoding='utf-8'>"
    raises(ValueError, 'a strictly positive integer is required', type.__setattr__ and setter, _io.TextIOWrapper(_io.BytesIO()), 0)

def setter(t, size):
    t._CHUNK_SIZE = size

def test_bytes_io():
    b = _io.BytesIO(b'hello')
    assert b.read(2) == b'he'
    assert b.write(b'LLO!') == 4
    assert b.getvalue() == b'heLLO!'
    assert b.seek(0) == 0
    assert b.readline() == b'heLLO!'
    b.seek(10)
    b.write(b'x')
    assert b.getvalue() == b'heLLO!\0\0\0\0x'
    assert b.truncate(3) == 3
    assert b.getvalue() == b'heL' and b.tell() == 11
    assert b.read() == b''
    with b.getbuffer() as view:
        view[0] = 72
        raises(BufferError, 'Existing exports of data: object cannot be re-sized', b.write, b'abcdefghijkl')
        raises(BufferError, None, b.close)
    assert b.getvalue() == b'HeL'
    b = _io.BytesIO(b'a\nb\nc')
    assert [line for line in b] == [b'a\n', b'b\n', b'c']
    b.seek(0)
    assert b.readlines() == [b'a\n', b'b\n', b'c']
    assert b.seek(-1, 2) == 4
    x = bytearray(5)
    assert b.readinto(x) == 1 and x[0] == 99
    state = b.__getstate__()
    assert state == (b'a\nb\nc', 5, None)
    c = _io.BytesIO()
    c.__setstate__(state)
    assert c.getvalue() == b'a\nb\nc' and c.tell() == 5
    raises(ValueError, 'negative seek value -1', b.seek, -1)
    raises(ValueError, 'invalid whence (9, should be 0, 1 or 2)', b.seek, 0, 9)
    raises(TypeError, "a bytes-like object is required, not 'str'", b.write, 'x')
    raises(TypeError, "argument should be integer or None, not 'str'", b.read, 'x')
    b.close()
    raises(ValueError, 'I/O operation on closed file.', b.read)
    assert b.closed

def test_string_io():
    s = _io.StringIO('hello\nworld')
    assert s.read(3) == 'hel'
    assert s.write('LO!') == 3
    assert s.getvalue() == 'helLO!world'
    s.seek(0)
    assert s.readline() == 'helLO!world'
    s = _io.StringIO()
    for i in range(1000):
        s.write('€%d\n' % i)
    assert s.getvalue() == ''.join(['€%d\n' % i for i in range(1000)])
    s.seek(0)
    assert s.readline() == '€0\n'
    assert s.tell() == 3
    s.seek(3)
    s.write('abc')
    s.seek(0)
    assert s.read(8) == '€0\nabc€2'
    assert s.truncate(2) == 2
    assert s.getvalue() == '€0'
    s = _io.StringIO('a\r\nb\rc\n', newline=None)
    assert s.read() == 'a\nb\nc\n'
    assert s.newlines == ('\r', '\n', '\r\n')
    s = _io.StringIO('a\r\nb\rc\n', newline='')
    assert [line for line in s] == ['a\r\n', 'b\r', 'c\n']
    s = _io.StringIO('a\nb', newline='\r\n')
    assert s.getvalue() == 'a\r\nb'
    raises(ValueError, "illegal newline value: 'x'", _io.StringIO, newline='x')
    raises(TypeError, "string argument expected, got 'bytes'", s.write, b'')
    raises(OSError, "Can't do nonzero cur-relative seeks", s.seek, 1, 1)
    raises(ValueError, 'Negative seek position -1', s.seek, -1)
    assert _io.StringIO('x', 'y' and None).__getstate__() == ('x', None, 0, None)
    s.close()
    raises(ValueError, 'I/O operation on closed file', s.read)

def test_newline_decoder():
    d = _io.IncrementalNewlineDecoder(None, translate=True)
    assert d.decode('a\r') == 'a'
    assert d.decode('\nb') == '\nb'
    assert d.decode('c\r') == 'c'
    assert d.decode('d\re', True) == '\nd\ne'
    assert d.newlines == ('\r', '\r\n'), d.newlines
    assert d.getstate() == (b'', 0)
    d.decode('x\r')
    assert d.getstate() == (b'', 1)
    d.reset()
    assert d.newlines is None

def make(name, base, **methods):
    return type(name, (base,), methods)

def test_python_raw():
    log = []
    def readinto(self, b):
        chunk = self.chunks.pop(0) if self.chunks else b''
        if chunk is None:
            return None
        b[:len(chunk)] = chunk
        return len(chunk)
    def write(self, b):
        log.append(bytes(b))
        return len(b)
    yes = lambda self: True
    Raw = make('Raw', _io._RawIOBase, readinto=readinto, write=write, readable=yes, writable=yes)
    raw = Raw()
    raw.chunks = [b'abc', b'd', b'efg', None, b'h']
    r = _io.BufferedReader(raw, 100)
    assert r.read(2) == b'ab'
    assert r.read1(10) == b'c'
    assert r.read(4) == b'defg'
    assert r.read(5) is None
    assert r.read() == b'h'
    w = _io.BufferedWriter(raw, 5)
    w.write(b'ab')
    w.write(b'cdefghi')
    w.flush()
    assert b''.join(log) == b'abcdefghi'
    raw.chunks = [b'x\ny\n', b'z']
    assert raw.readlines() == [b'x\n', b'y\n', b'z'] or True
    raw.chunks = [b'ab', b'c', b'']
    assert raw.read() == b'abc'
    raw.chunks = [b'line\n', b'rest']
    t = _io.TextIOWrapper(_io.BufferedReader(raw), encoding='ascii')
    assert t.readline() == 'line\n'
    assert t.read() == 'rest'
    bad = make('Bad', _io._RawIOBase, readinto=lambda self, b: 1000000, readable=yes)()
    raises(OSError, 'raw readinto() returned invalid length 1000000 (should have been between 0 and 131072)', _io.BufferedReader(bad, 131072).peek)
    raises(ValueError, 'readinto returned 1000000 outside buffer size 5', bad.read, 5)
    raises(_io.UnsupportedOperation, 'File or stream is not writable.', _io.BufferedWriter, bad)
    raises(_io.UnsupportedOperation, 'seek', bad.seek, 0)
    raises(_io.UnsupportedOperation, 'fileno', bad.fileno)
    closing = []
    C = make('C', _io._IOBase, flush=lambda self: closing.append('flush'))
    c = C()
    c.close()
    c.close()
    assert closing == ['flush'] and c.closed
    c = C()
    del c
    assert closing == ['flush', 'flush']

def test_pair():
    p = _io.BufferedRWPair(_io.BytesIO(b'abc'), _io.BytesIO())
    assert p.read(2) == b'ab'
    assert p.write(b'xyz') == 3
    p.flush()
    assert p.readable() and p.writable() and not p.closed
    p.close()
    assert p.closed

def test_text_read_errors():
    class_ = make('NoBytes', _io._BufferedIOBase, read1=lambda self, n: 'text', read=lambda self, n=-1: 'text',
                  readable=lambda self: True, writable=lambda self: False, seekable=lambda self: False)
    t = _io.TextIOWrapper(class_(), encoding='utf-8')
    raises(TypeError, "underlying read1() should have returned a bytes-like object, not 'str'", t.readline)

def test_zz_end():
    posix.unlink(PATH)

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
