# Attributes that are not there and cannot be: setting and deleting them.
class A: pass
class B:
    __slots__=('s',)
class C(B):
    __slots__=()
class D:
    __slots__=()
    def __setattr__(s,n,v): object.__setattr__(s,n,v)
    def __delattr__(s,n): object.__delattr__(s,n)
class E(list): __slots__=()
for o in (object(),A(),B(),C(),D(),E(),[],1,len,int, type(len)):
    for f in (delattr, lambda o,n:setattr(o,n,1)):
        for n in ('nope','s'):
            try: f(o,n); print('ok')
            except Exception as e: print(type(o).__name__,n,e)
