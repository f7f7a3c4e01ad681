"""The Mandelbrot set in the terminal: a hot loop over floats.

Usage: taipan examples/mandelbrot.py [WIDTH [HEIGHT [ITERATIONS]]]
"""

import sys

SHADES = " .:-=+*#%@"


def iterations(real, imaginary, limit):
    """How many steps the point takes to leave the circle of radius 2."""
    x = y = 0.0
    for count in range(limit):
        x2 = x * x
        y2 = y * y
        if x2 + y2 > 4.0:
            return count
        y = 2.0 * x * y + imaginary
        x = x2 - y2 + real
    return limit


def picture(width, height, limit):
    for row in range(height):
        imaginary = 2.4 * row / (height - 1) - 1.2
        line = []
        for column in range(width):
            real = 3.2 * column / (width - 1) - 2.3
            count = iterations(real, imaginary, limit)
            line.append(SHADES[count * (len(SHADES) - 1) // limit])
        yield "".join(line)


def main():
    numbers = [int(argument) for argument in sys.argv[1:]]
    width, height, limit = numbers + [78, 28, 500][len(numbers):]
    for line in picture(width, height, limit):
        print(line)


if __name__ == "__main__":
    main()
