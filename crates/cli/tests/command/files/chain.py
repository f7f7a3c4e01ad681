def f():
  raise ValueError("x")
try:
  f()
except ValueError as e:
  raise KeyError(1) from e
