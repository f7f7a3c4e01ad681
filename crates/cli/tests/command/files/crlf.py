print("crlf")
print(2)
