import sys; print(__name__, sys.argv, __file__.split("/")[-1], __package__, __spec__ and __spec__.name)
