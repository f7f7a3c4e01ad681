import warnings
from array import _array_reconstructor, array

warnings.simplefilter("ignore")


class S(array): pass


names = globals()


def show(source):
    try:
        print(source, "->", repr(eval(source, names)))
    except Exception as error:
        print(source, "->", type(error).__name__ + ":", error)


for line in """\
array()
array('z')
array(1)
array('ab')
array('i',1)
array('i','abc')
array('i',b'abcd')
array('i',b'abc')
array('i',[1,'a'])
array('b',[200])
array('B',[-1])
array('B',[256])
array('B',['a'])
array('h',[40000])
array('H',[-1])
array('H',[70000])
array('I',[-1])
array('q',[2**64])
array('Q',[-1])
array('Q',[2**64])
array('f',['a'])
array('d',[1])
array('f',[0.1])
array('u','abc')
array('w','abc')
array('w',['abc'])
array('w',[1])
array('u',['a','b'])
array('w')
array('i',x=1)
array('i',[1],[2])
S('i',[1])
array('i',[1,2,3])[5]
array('i',[1,2,3])['a']
array('i',[1,2,3])[0:2]
array('i',[1,2,3])[::2]
array('i',[1,2,3]).__setitem__(5,1)
array('i',[1,2,3]).__setitem__('a',1)
array('i',[1,2,3]).__setitem__(slice(0,1),[1])
array('i',[1,2,3]).__setitem__(slice(0,1),array('b'))
array('i',[1,2,3]).__setitem__(slice(0,3,2),array('i',[1]))
array('i',[1,2,3]).__setitem__(0,'a')
array('i',[1,2,3]).__delitem__(5)
array('i',[1])+[1]
array('i',[1])+array('b',[1])
array('i',[1])+array('i',[2])
array('i',[1]).__iadd__([1])
array('i',[1]).__iadd__(array('b'))
array('i',[1])*'a'
array('i',[1])*3
array('i',[1])==array('d',[1])
array('i',[1])<[1]
array('i',[1]).append('a')
array('i',[1]).append()
array('i',[1]).extend(1)
array('i',[1]).extend(array('b'))
array('i',[1]).extend([1,'a'])
array('i',[1]).fromlist(1)
array('i',[1]).fromlist([1,'a'])
array('i',[1]).frombytes('a')
array('i',[1]).frombytes(b'abc')
array('i',[1]).fromunicode('a')
array('i',[1]).tounicode()
array('w','ab').tounicode()
array('w','ab').fromunicode(1)
array('i',[1]).index(5)
array('i',[1]).remove(5)
array('i',[]).pop()
array('i',[1]).pop(5)
array('i',[1]).insert('a',1)
array('i',[1]).byteswap()
array('i',[1]).__reduce_ex__(2)
array('i',[1]).__reduce_ex__(3)
array('w','ab').__reduce_ex__(3)
array('u','ab').__reduce_ex__(3)
array('i',[1]).__reduce_ex__('a')
_array_reconstructor(array,'i',8,b'abcd')
_array_reconstructor(array,'i',99,b'abcd')
_array_reconstructor(int,'i',8,b'abcd')
_array_reconstructor(array,'zz',8,b'abcd')
_array_reconstructor(array,'i',8,'abcd')
hash(array('i'))
iter(array('i',[1])).__reduce__()
array('i',[1]).__class_getitem__(int)
memoryview(array('i',[1])).format, memoryview(array('w','a')).format, memoryview(array('u','a')).format
1 in array('i',[1])
array('d',[float('nan')]).count(float('nan'))
repr(array('u','a\\\\x00b')), repr(array('w')), repr(array('b'))
array('i',array('d',[1.0]))
array('i',array('b',[1]))
array('b',bytearray(b'ab'))
array('i',(1,2))
array('i',iter([1,2]))
array('w',array('i',[1]))
array("i", range(5))[::-2]
array("d", [1, 2.5]) + array("d", [3])
""".splitlines():
    show(line)
