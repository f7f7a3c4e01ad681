//! The stream objects of `zlib`: `Compress`, `Decompress` and `_ZlibDecompressor`.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::buffer::{self, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::class::{Payload, Type};
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap};
use zlib_rs::{DeflateFlush, InflateFlush};

use super::failed;
use super::stream::{Deflater, Inflated, Inflater};

const WHILE_DECOMPRESSING: &str = "while decompressing data";

/// A decompressing stream from the arguments of a constructor.
pub(super) fn new_inflater(wbits: i32, zdict: Option<&Value>) -> PyResult<Inflater> {
    let dictionary = match zdict {
        None => None,
        Some(zdict) if buffer::is_bytes_like(zdict) => Some(buffer::bytes_like(zdict)?.to_vec()),
        Some(_) => bail!(TypeError, "zdict argument must support the buffer protocol"),
    };
    match Inflater::new(wbits, dictionary) {
        Some(Ok(stream)) => Ok(stream),
        Some(Err(failure)) => Err(failed(&failure, "while setting zdict")),
        None => bail!(ValueError, "Invalid initialization option"),
    }
}

/// The payload of `zlib.Compress`.
#[class(name = "Compress", module = "zlib", flags(NO_INSTANTIATION))]
pub struct Compress {
    #[untraced]
    stream: RefCell<Deflater>,
}

impl Compress {
    /// An object around a stream.
    pub fn new(stream: Deflater) -> Ref<Compress> {
        heap::new_object(
            Compress::class(),
            Compress {
                stream: RefCell::new(stream),
            },
        )
    }

    fn duplicate(&self) -> PyResult<Ref<Compress>> {
        match self.stream.borrow().copy() {
            Some(stream) => Ok(Compress::new(stream)),
            None => bail!(ValueError, "Inconsistent stream state"),
        }
    }
}

#[methods]
impl Compress {
    /// Compresses data; answers the compressed bytes that are ready.
    #[method("($self, data, /)")]
    fn compress(&self, data: BufferView) -> PyResult<Ref<Bytes>> {
        match self
            .stream
            .borrow_mut()
            .feed(&data.to_bytes(), DeflateFlush::NoFlush)
        {
            Ok(bytes) => Ok(Bytes::new(&bytes)),
            Err(failure) => Err(failed(&failure, "while compressing data")),
        }
    }

    /// Answers the compressed bytes that are not out yet; with Z_FINISH the stream ends.
    #[method("($self, mode=4, /)")]
    fn flush(&self, mode: i32) -> PyResult<Ref<Bytes>> {
        let flush = match DeflateFlush::try_from(mode) {
            Ok(DeflateFlush::NoFlush) => return Ok(Bytes::empty()),
            Ok(flush) => flush,
            Err(()) => {
                return Err(failed(
                    &super::Failure {
                        code: super::STREAM_ERROR,
                        message: None,
                    },
                    "while flushing",
                ));
            }
        };
        match self.stream.borrow_mut().feed(&[], flush) {
            Ok(bytes) => Ok(Bytes::new(&bytes)),
            Err(failure) => Err(failed(&failure, "while flushing")),
        }
    }

    /// A compressor in the same state.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref<Compress>> {
        self.duplicate()
    }

    #[method("($self, /)", name = "__copy__")]
    fn copy_dunder(&self) -> PyResult<Ref<Compress>> {
        self.duplicate()
    }

    #[method("($self, memo, /)", name = "__deepcopy__")]
    fn deepcopy(&self, _memo: &Value) -> PyResult<Ref<Compress>> {
        self.duplicate()
    }
}

/// The payload of `zlib.Decompress`.
#[class(name = "Decompress", module = "zlib", flags(NO_INSTANTIATION))]
pub struct Decompress {
    #[untraced]
    stream: RefCell<Inflater>,
    /// What came after the end of the compressed data.
    #[untraced]
    unused: RefCell<Vec<u8>>,
    /// Input that waits because there was enough output.
    #[untraced]
    tail: RefCell<Vec<u8>>,
}

impl Decompress {
    /// An object around a stream.
    pub fn new(stream: Inflater) -> Ref<Decompress> {
        let payload = Decompress {
            stream: RefCell::new(stream),
            unused: RefCell::default(),
            tail: RefCell::default(),
        };
        heap::new_object(Decompress::class(), payload)
    }

    fn feed(&self, input: &[u8], limit: usize, flush: InflateFlush) -> PyResult<Vec<u8>> {
        let mut stream = self.stream.borrow_mut();
        let Inflated { output, used, .. } = stream
            .feed(input, limit, flush)
            .map_err(|failure| failed(&failure, WHILE_DECOMPRESSING))?;
        let rest = &input[used..];
        let mut tail = self.tail.borrow_mut();
        tail.clear();
        if stream.at_end {
            self.unused.borrow_mut().extend_from_slice(rest)
        } else {
            tail.extend_from_slice(rest)
        }
        Ok(output)
    }

    fn duplicate(&self) -> PyResult<Ref<Decompress>> {
        let Some(stream) = self.stream.borrow().copy() else {
            bail!(ValueError, "Inconsistent stream state")
        };
        let copy = Decompress::new(stream);
        copy.unused
            .borrow_mut()
            .extend_from_slice(&self.unused.borrow());
        copy.tail
            .borrow_mut()
            .extend_from_slice(&self.tail.borrow());
        Ok(copy)
    }
}

#[methods]
impl Decompress {
    /// Decompresses data; answers at most max_length bytes, if that is not 0.
    #[method("($self, data, /, max_length=0)")]
    fn decompress(&self, data: BufferView, max_length: isize) -> PyResult<Ref<Bytes>> {
        let limit = match usize::try_from(max_length) {
            Ok(0) => usize::MAX,
            Ok(limit) => limit,
            Err(_) => bail!(ValueError, "max_length must be non-negative"),
        };
        Ok(Bytes::new(&self.feed(
            &data.to_bytes(),
            limit,
            InflateFlush::SyncFlush,
        )?))
    }

    /// Decompresses what waits in unconsumed_tail.
    #[method("($self, length=16384, /)")]
    fn flush(&self, length: isize) -> PyResult<Ref<Bytes>> {
        if length <= 0 {
            bail!(ValueError, "length must be greater than zero");
        }
        let input = self.tail.take();
        Ok(Bytes::new(&self.feed(
            &input,
            usize::MAX,
            InflateFlush::Finish,
        )?))
    }

    /// A decompressor in the same state.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref<Decompress>> {
        self.duplicate()
    }

    #[method("($self, /)", name = "__copy__")]
    fn copy_dunder(&self) -> PyResult<Ref<Decompress>> {
        self.duplicate()
    }

    #[method("($self, memo, /)", name = "__deepcopy__")]
    fn deepcopy(&self, _memo: &Value) -> PyResult<Ref<Decompress>> {
        self.duplicate()
    }

    #[getter(member)]
    fn unused_data(&self) -> Ref<Bytes> {
        Bytes::new(&self.unused.borrow())
    }

    #[getter(member)]
    fn unconsumed_tail(&self) -> Ref<Bytes> {
        Bytes::new(&self.tail.borrow())
    }

    #[getter(member)]
    fn eof(&self) -> bool {
        self.stream.borrow().at_end
    }
}

/// The payload of `zlib._ZlibDecompressor`, which keeps the input it could not use yet to itself.
#[class(
    name = "_ZlibDecompressor",
    module = "zlib",
    doc = "Create a decompressor object for decompressing data incrementally.\n\nwbits = 15\nzdict\n   The predefined compression dictionary. This is a sequence of bytes\n   (such as a bytes object) containing subsequences that are expected\n   to occur frequently in the data that is to be compressed. Those\n   subsequences that are expected to be most common should come at the\n   end of the dictionary. This must be the same dictionary as used by the\n   compressor that produced the input data."
)]
pub struct ZlibDecompressor {
    #[untraced]
    stream: RefCell<Inflater>,
    #[untraced]
    waiting: RefCell<Vec<u8>>,
    #[untraced]
    unused: RefCell<Vec<u8>>,
    needs_input: Cell<bool>,
}

#[methods]
impl ZlibDecompressor {
    #[new("(wbits=15, zdict=b'')")]
    fn new_instance(
        class: &Ref<Type>,
        wbits: i32,
        zdict: Option<&Value>,
    ) -> PyResult<Ref<ZlibDecompressor>> {
        let payload = ZlibDecompressor {
            stream: RefCell::new(new_inflater(wbits, zdict)?),
            waiting: RefCell::default(),
            unused: RefCell::default(),
            needs_input: Cell::new(true),
        };
        Ok(heap::new_object(class, payload))
    }

    /// Decompresses data; answers at most max_length bytes, if that is not negative.
    #[method("($self, /, data, max_length=-1)")]
    fn decompress(&self, data: BufferView, max_length: isize) -> PyResult<Ref<Bytes>> {
        let mut stream = self.stream.borrow_mut();
        if stream.at_end {
            bail!(EOFError, "End of stream already reached");
        }
        let limit = usize::try_from(max_length).unwrap_or(usize::MAX);
        let mut input = self.waiting.take();
        input.extend_from_slice(&data.to_bytes());
        let answer = stream
            .feed(&input, limit, InflateFlush::SyncFlush)
            .map_err(|failure| failed(&failure, WHILE_DECOMPRESSING))?;
        let rest = input.split_off(answer.used);
        if stream.at_end {
            self.unused.replace(rest);
            self.needs_input.set(false);
        } else {
            self.needs_input.set(rest.is_empty() && answer.starved);
            self.waiting.replace(rest);
        }
        Ok(Bytes::new(&answer.output))
    }

    #[getter(member)]
    fn eof(&self) -> bool {
        self.stream.borrow().at_end
    }

    /// Data found after the end of the compressed stream.
    #[getter]
    fn unused_data(&self) -> Ref<Bytes> {
        Bytes::new(&self.unused.borrow())
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[getter(member)]
    fn needs_input(&self) -> bool {
        self.needs_input.get()
    }
}
