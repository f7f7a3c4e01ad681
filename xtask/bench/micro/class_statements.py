"""`class` statements: new classes with methods, a base and a class attribute."""

import pyperf


class Base:
    def kind(self):
        return 1


def run():
    total = 0
    for i in range(3_000):

        class Local(Base):
            number = i

            def value(self):
                return self.number + self.kind()

        total += Local().value()
    return total


pyperf.Runner().bench_checked("class_statements", run)
