//! `zlib`: the compression of gzip, zip and PNG.

mod objects;
mod stream;

use taipan_macros::{constant, define_module, function};
use taipan_objects::buffer::BufferView;
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Once;
use taipan_objects::class::Type;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int};
use zlib_rs::{DeflateFlush, InflateFlush};

pub use objects::{Compress, Decompress, ZlibDecompressor};
use stream::{
    BUF_ERROR, DATA_ERROR, Deflater, Failure, Inflater, STREAM_ERROR, Setup, WRONG_DICTIONARY,
};

define_module!(
    name = "zlib",
    doc = "The functions in this module allow compression and decompression using the\nzlib library, which is based on GNU zip.",
    functions(
        adler32,
        compress,
        compressobj,
        crc32,
        decompress,
        decompressobj
    ),
    constants(
        DEFLATED,
        DEF_BUF_SIZE,
        DEF_MEM_LEVEL,
        MAX_WBITS,
        Z_BEST_COMPRESSION,
        Z_BEST_SPEED,
        Z_BLOCK,
        Z_DEFAULT_COMPRESSION,
        Z_DEFAULT_STRATEGY,
        Z_FILTERED,
        Z_FINISH,
        Z_FIXED,
        Z_FULL_FLUSH,
        Z_HUFFMAN_ONLY,
        Z_NO_COMPRESSION,
        Z_NO_FLUSH,
        Z_PARTIAL_FLUSH,
        Z_RLE,
        Z_SYNC_FLUSH,
        Z_TREES
    ),
    classes(Compress, Decompress, ZlibDecompressor),
    init = fill,
);

macro_rules! numbers {
    ($($name:ident $value:literal)*) => { $(#[constant] const $name: i64 = $value;)* };
}

numbers! {
    DEFLATED 8
    DEF_BUF_SIZE 16384
    DEF_MEM_LEVEL 8
    MAX_WBITS 15
    Z_BEST_COMPRESSION 9
    Z_BEST_SPEED 1
    Z_BLOCK 5
    Z_DEFAULT_COMPRESSION -1
    Z_DEFAULT_STRATEGY 0
    Z_FILTERED 1
    Z_FINISH 4
    Z_FIXED 4
    Z_FULL_FLUSH 3
    Z_HUFFMAN_ONLY 2
    Z_NO_COMPRESSION 0
    Z_NO_FLUSH 0
    Z_PARTIAL_FLUSH 1
    Z_RLE 3
    Z_SYNC_FLUSH 2
    Z_TREES 6
}

/// The version of zlib whose behaviour this is.
const VERSION: &str = "1.3.1";

static ERROR: Once<Ref<Type>> = Once::new();

fn fill(module: &Ref<Module>) -> PyResult<()> {
    if !ERROR.is_set() {
        ERROR.set(exceptions::new_exception_class(
            "zlib",
            "error",
            ExceptionKind::Exception.class(),
        )?);
    }
    module.set("error", ERROR.to_value());
    module.set("ZLIB_VERSION", VERSION);
    module.set("ZLIB_RUNTIME_VERSION", VERSION);
    module.set("__version__", "1.0");
    // The stream classes are reached through the functions that make streams.
    for name in ["Compress", "Decompress"] {
        module.dict().remove_str(&Str::intern(name));
    }
    Ok(())
}

#[cold]
fn error(message: &str) -> Raised {
    exceptions::raise_args(&ERROR, vec![Str::new(message).into_value()])
}

/// A `zlib.error` about what was being done.
#[cold]
fn failed(failure: &Failure, doing: &str) -> Raised {
    let doing = if failure.message == Some(WRONG_DICTIONARY) {
        "while setting zdict"
    } else {
        doing
    };
    let message = match (
        failure
            .message
            .filter(|&message| message != WRONG_DICTIONARY),
        failure.code,
    ) {
        (Some(message), _) => message,
        (None, BUF_ERROR) => "incomplete or truncated stream",
        (None, STREAM_ERROR) => "inconsistent stream state",
        (None, DATA_ERROR) => "invalid input data",
        _ => return error(&format!("Error {} {doing}", failure.code)),
    };
    error(&format!("Error {} {doing}: {message}", failure.code))
}

/// The bytes of `data` in compressed form.
#[function("(data, /, level=-1, wbits=15)")]
fn compress(data: BufferView, level: i32, wbits: i32) -> PyResult<Ref<Bytes>> {
    let Some(setup) = Setup::new(level, 8, wbits, 8, 0) else {
        return Err(error("Bad compression level"));
    };
    let compressed = Deflater::new(setup)
        .and_then(|mut stream| stream.feed(&data.to_bytes(), DeflateFlush::Finish));
    match compressed {
        Ok(bytes) => Ok(Bytes::new(&bytes)),
        Err(failure) => Err(failed(&failure, "while compressing data")),
    }
}

/// The bytes that `data` is the compressed form of.
#[function("(data, /, wbits=15, bufsize=16384)")]
fn decompress(data: BufferView, wbits: i32, bufsize: isize) -> PyResult<Ref<Bytes>> {
    const DOING: &str = "while decompressing data";
    if bufsize < 0 {
        bail!(ValueError, "bufsize must be non-negative");
    }
    let Some(stream) = Inflater::new(wbits, None) else {
        return Err(error(
            "Error -2 while preparing to decompress data: inconsistent stream state",
        ));
    };
    let input = data.to_bytes();
    let decompressed = stream.and_then(|mut stream| {
        let answer = stream.feed(&input, usize::MAX, InflateFlush::NoFlush)?;
        if stream.at_end {
            Ok(answer.output)
        } else {
            Err(Failure {
                code: BUF_ERROR,
                message: None,
            })
        }
    });
    match decompressed {
        Ok(bytes) => Ok(Bytes::new(&bytes)),
        Err(failure) => Err(failed(&failure, DOING)),
    }
}

/// A compressor for data that comes piece by piece.
#[function("(level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=None)")]
fn compressobj(
    level: i32,
    method: i32,
    wbits: i32,
    mem_level: i32,
    strategy: i32,
    zdict: Option<BufferView>,
) -> PyResult<Ref<Compress>> {
    let Some(setup) = Setup::new(level, method, wbits, mem_level, strategy) else {
        bail!(ValueError, "Invalid initialization option");
    };
    match Deflater::new(setup.with_dictionary(zdict.map(|view| view.to_vec()))) {
        Ok(stream) => Ok(Compress::new(stream)),
        Err(_) => bail!(ValueError, "Invalid dictionary"),
    }
}

/// A decompressor for data that comes piece by piece.
#[function("(wbits=15, zdict=b'')")]
fn decompressobj(wbits: i32, zdict: Option<&Value>) -> PyResult<Ref<Decompress>> {
    Ok(Decompress::new(objects::new_inflater(wbits, zdict)?))
}

/// The CRC-32 checksum of data, going on from an earlier one.
#[function("(data, value=0, /)")]
fn crc32(data: BufferView, value: Option<&Value>) -> PyResult<u32> {
    let start = value.map(int::as_u64_wrapping).transpose()?.unwrap_or(0) as u32;
    Ok(zlib_rs::crc32::crc32(start, &data.to_bytes()))
}

/// The Adler-32 checksum of data, going on from an earlier one.
#[function("(data, value=1, /)")]
fn adler32(data: BufferView, value: Option<&Value>) -> PyResult<u32> {
    let start = value.map(int::as_u64_wrapping).transpose()?.unwrap_or(1) as u32;
    Ok(zlib_rs::adler32::adler32(start, &data.to_bytes()))
}
