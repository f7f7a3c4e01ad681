# Threads, locks, queues.
import _queue
import _thread
import queue
import sys
import threading
import time

def raises(kind, text, f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except kind as e:
        assert text is None or text in str(e), (text, str(e))
        return e
    assert False, ('nothing raised', kind, text)

def test_lock():
    lock = _thread.allocate_lock()
    assert not lock.locked() and lock.acquire() is True and lock.locked()
    assert lock.acquire(False) is False
    start = time.monotonic()
    assert lock.acquire(timeout=0.05) is False
    assert time.monotonic() - start >= 0.045
    assert repr(lock).startswith('<locked _thread.lock object at 0x')
    lock.release()
    raises(RuntimeError, 'release unlocked lock', lock.release)
    raises(ValueError, "can't specify a timeout for a non-blocking call", lock.acquire, False, 1)
    raises(ValueError, 'timeout value must be a non-negative number', lock.acquire, True, -2)
    raises(OverflowError, 'timestamp out of range for platform time_t', lock.acquire, True, 1e100)
    raises(OverflowError, 'timestamp too large to convert to C PyTime_t', lock.acquire, True, 10 ** 11)
    with lock:
        assert lock.locked()
    assert not lock.locked()

def test_rlock():
    lock = _thread.RLock()
    with lock:
        with lock:
            assert lock._is_owned() and lock._recursion_count() == 2
            assert 'count=2' in repr(lock)
        taken = []
        t = threading.Thread(target=lambda: taken.append(lock.acquire(False)))
        t.start()
        t.join()
        assert taken == [False]
    raises(RuntimeError, 'cannot release un-acquired lock', lock.release)

def test_many_threads():
    counter = [0]
    lock = threading.Lock()
    def work():
        for _ in range(500):
            with lock:
                value = counter[0]
                counter[0] = value + 1
    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert counter == [4000]
    assert not any(t.is_alive() for t in threads)

def test_switching():
    # Threads that never block take turns.
    seen = []
    stop = []
    def spin():
        while not stop:
            pass
        seen.append(1)
    t = threading.Thread(target=spin)
    t.start()
    time.sleep(0.02)
    stop.append(1)
    t.join(10)
    assert seen == [1]

def test_local():
    class Local(threading.local):
        def __init__(self, start):
            self.x = start
    local = Local(5)
    local.y = 1
    seen = []
    def work():
        seen.append((local.x, hasattr(local, 'y'), sorted(local.__dict__)))
        local.x = 7
    t = threading.Thread(target=work)
    t.start()
    t.join()
    assert seen == [(5, False, ['x'])]
    assert local.x == 5 and local.__dict__ == {'x': 5, 'y': 1}
    raises(AttributeError, 'read-only', setattr, local, '__dict__', {})
    raises(AttributeError, "object has no attribute 'z'", lambda: local.z)
    raises(TypeError, 'Initialization arguments are not supported', _thread._local, 1)

def test_queue():
    q = _queue.SimpleQueue()
    raises(_queue.Empty, None, q.get_nowait)
    raises(queue.Empty, None, q.get, timeout=0.01)
    got = []
    def take():
        while True:
            item = q.get()
            if item is None:
                break
            got.append(item)
    t = threading.Thread(target=take)
    t.start()
    for i in range(100):
        q.put(i)
    q.put(None)
    t.join()
    assert got == list(range(100)) and q.empty() and q.qsize() == 0

def test_condition_and_event():
    event = threading.Event()
    assert not event.wait(0.01)
    threading.Timer(0.01, event.set).start()
    assert event.wait(10)
    condition = threading.Condition()
    ready = []
    def work():
        with condition:
            ready.append(1)
            condition.notify()
    with condition:
        threading.Thread(target=work).start()
        assert condition.wait_for(lambda: ready, 10)
    barrier = threading.Barrier(3)
    passed = []
    threads = [threading.Thread(target=lambda: passed.append(barrier.wait())) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(passed) == [0, 1, 2]

def test_identity():
    main = threading.main_thread()
    assert main.ident == threading.get_ident() == _thread._get_main_thread_ident()
    seen = []
    t = threading.Thread(target=lambda: seen.append((threading.get_ident(), threading.get_native_id())), name='worker')
    t.start()
    t.join()
    assert seen[0][0] == t.ident != main.ident and seen[0][1] == t.native_id
    raises(RuntimeError, 'threads can only be started once', t.start)
    raises(RuntimeError, 'cannot join current thread', threading.current_thread().join)

def test_exceptions():
    caught = []
    old = threading.excepthook
    threading.excepthook = lambda args: caught.append((args.exc_type, str(args.exc_value)))
    def fail():
        raise KeyError('x')
    t = threading.Thread(target=fail)
    t.start()
    t.join()
    threading.excepthook = old
    assert caught == [(KeyError, "'x'")], caught
    done = []
    _thread.start_new_thread(lambda a, b: done.append((a, b)), (1,), {'b': 2})
    for _ in range(1000):
        if done:
            break
        time.sleep(0.005)
    assert done == [(1, 2)]
    raises(TypeError, 'first arg must be callable', _thread.start_new_thread, 1, ())
    raises(TypeError, '2nd arg must be a tuple', _thread.start_new_thread, print, [])
    raises(ValueError, 'size not valid: 5 bytes', _thread.stack_size, 5)

def test_executor():
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda x: x * x, range(20))) == [x * x for x in range(20)]
        assert isinstance(raises_in(pool.submit(lambda: 1 / 0)), ZeroDivisionError)

def raises_in(future):
    return future.exception(10)


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
