#!/x
print("x skipped")
