this is junk
print("ok")
print(__import__("sys")._getframe().f_lineno)
