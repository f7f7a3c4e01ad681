//! Deflate and inflate streams over `zlib-rs`: input in, output out, at any sizes of buffers.
//!
//! The library cannot copy a stream. A stream keeps what it was fed as long as that is little, and a copy is made by
//! feeding a new stream the same; a stream that has seen more than [`HISTORY_LIMIT`] bytes cannot be copied.

use zlib_rs::{
    Deflate, DeflateConfig, DeflateFlush, Inflate, InflateError, InflateFlush, Method, Status,
    Strategy,
};

/// A stream that was fed more than this cannot be copied.
const HISTORY_LIMIT: usize = 1 << 20;
const CHUNK: usize = 16 * 1024;

/// A code of zlib's and the library's own words for it.
#[derive(Debug)]
pub struct Failure {
    /// `Z_DATA_ERROR` and the like.
    pub code: i32,
    /// What the library says.
    pub message: Option<&'static str>,
}

/// No progress was possible, or the data ends too early.
pub const BUF_ERROR: i32 = -5;
/// The data is damaged.
pub const DATA_ERROR: i32 = -3;
/// The stream cannot do this now.
pub const STREAM_ERROR: i32 = -2;
/// The data needs a dictionary.
pub const NEED_DICT: i32 = 2;

fn failure(code: i32) -> Failure {
    Failure {
        code,
        message: None,
    }
}

/// How a compressor is set up.
#[derive(Clone)]
pub struct Setup {
    config: DeflateConfig,
    dictionary: Option<Vec<u8>>,
}

impl Setup {
    /// A setup of zlib's numbers; `None` if one of them is out of range.
    pub fn new(
        level: i32,
        method: i32,
        window_bits: i32,
        mem_level: i32,
        strategy: i32,
    ) -> Option<Setup> {
        let strategy = match strategy {
            0 => Strategy::Default,
            1 => Strategy::Filtered,
            2 => Strategy::HuffmanOnly,
            3 => Strategy::Rle,
            4 => Strategy::Fixed,
            _ => return None,
        };
        // A window of 256 bytes is only possible with a zlib header.
        let known_window = matches!(window_bits, 8..=15 | -15..=-9 | 25..=31);
        let valid = (-1..=9).contains(&level)
            && method == 8
            && known_window
            && (1..=9).contains(&mem_level);
        valid.then_some(Setup {
            config: DeflateConfig {
                level,
                method: Method::Deflated,
                window_bits,
                mem_level,
                strategy,
            },
            dictionary: None,
        })
    }

    /// The same with a dictionary of strings that are likely in the data.
    pub fn with_dictionary(mut self, dictionary: Option<Vec<u8>>) -> Setup {
        self.dictionary = dictionary;
        self
    }
}

/// A compressing stream.
pub struct Deflater {
    stream: Deflate,
    setup: Setup,
    /// What the stream was fed, or nothing if that was too much.
    history: Option<Vec<(Vec<u8>, DeflateFlush)>>,
    fed: usize,
    finished: bool,
}

impl Deflater {
    /// A new stream.
    pub fn new(setup: Setup) -> Result<Deflater, Failure> {
        let mut stream = Deflate::new_with_config(setup.config);
        if let Some(dictionary) = &setup.dictionary {
            stream
                .set_dictionary(dictionary)
                .map_err(|error| failure(error as i32))?;
        }
        Ok(Deflater {
            stream,
            setup,
            history: Some(Vec::new()),
            fed: 0,
            finished: false,
        })
    }

    /// Feeds input and answers the output there is.
    pub fn feed(&mut self, input: &[u8], flush: DeflateFlush) -> Result<Vec<u8>, Failure> {
        if self.finished {
            return Err(failure(STREAM_ERROR));
        }
        let mut output = Vec::new();
        let mut chunk = [0; CHUNK];
        let mut rest = input;
        loop {
            let (used, made) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.compress(rest, &mut chunk, flush);
            let status = status.map_err(|error| Failure {
                code: error as i32,
                message: self.stream.error_message(),
            })?;
            rest = &rest[(self.stream.total_in() - used) as usize..];
            let made = (self.stream.total_out() - made) as usize;
            output.extend_from_slice(&chunk[..made]);
            match status {
                Status::StreamEnd => {
                    self.finished = true;
                    break;
                }
                Status::BufError if made == 0 => break,
                _ if rest.is_empty() && made < CHUNK && flush != DeflateFlush::Finish => break,
                _ => {}
            }
        }
        self.remember(input, flush);
        Ok(output)
    }

    fn remember(&mut self, input: &[u8], flush: DeflateFlush) {
        self.fed += input.len();
        if self.fed > HISTORY_LIMIT {
            self.history = None;
        }
        if let Some(history) = &mut self.history {
            history.push((input.to_vec(), flush));
        }
    }

    /// A stream in the same state, if that is possible.
    pub fn copy(&self) -> Option<Deflater> {
        if self.finished {
            return None;
        }
        let mut copy = Deflater::new(self.setup.clone()).ok()?;
        for (input, flush) in self.history.as_ref()? {
            copy.feed(input, *flush).ok()?;
        }
        Some(copy)
    }
}

/// A decompressing stream.
pub struct Inflater {
    stream: Inflate,
    window_bits: i32,
    dictionary: Option<Vec<u8>>,
    /// What the stream used up, or nothing if that was too much.
    history: Option<Vec<u8>>,
    /// Whether the end of the data was reached.
    pub at_end: bool,
}

/// What a decompressing stream made of some input.
pub struct Inflated {
    /// The output.
    pub output: Vec<u8>,
    /// How much of the input was used.
    pub used: usize,
    /// Whether there is more output than was asked for, or room that could not be filled.
    pub starved: bool,
}

impl Inflater {
    /// A new stream; `None` if the number of window bits is out of range.
    pub fn new(window_bits: i32, dictionary: Option<Vec<u8>>) -> Option<Result<Inflater, Failure>> {
        if !matches!(window_bits, 0 | 8..=15 | -15..=-8 | 16 | 24..=31 | 32 | 40..=47) {
            return None;
        }
        let bits = u8::try_from(window_bits.unsigned_abs()).ok()?;
        let mut stream = Inflate::new(window_bits >= 0, bits);
        if window_bits < 0
            && let Some(dictionary) = &dictionary
            && let Err(error) = stream.set_dictionary(dictionary)
        {
            return Some(Err(failure(code_of(error))));
        }
        Some(Ok(Inflater {
            stream,
            window_bits,
            dictionary,
            history: Some(Vec::new()),
            at_end: false,
        }))
    }

    /// Feeds input and answers at most `limit` bytes of output.
    pub fn feed(
        &mut self,
        input: &[u8],
        limit: usize,
        flush: InflateFlush,
    ) -> Result<Inflated, Failure> {
        let mut output = Vec::new();
        let mut chunk = [0; CHUNK];
        let mut used = 0;
        let mut starved = true;
        while output.len() < limit && !self.at_end {
            let room = CHUNK.min(limit - output.len());
            let (taken, made) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress(&input[used..], &mut chunk[..room], flush);
            used += (self.stream.total_in() - taken) as usize;
            let made = (self.stream.total_out() - made) as usize;
            output.extend_from_slice(&chunk[..made]);
            match status {
                Ok(Status::StreamEnd) => self.at_end = true,
                Ok(_) if made < room => break,
                Ok(_) => {}
                Err(InflateError::NeedDict { .. }) if self.dictionary.is_some() => {
                    self.hand_dictionary()?
                }
                Err(error) => {
                    return Err(Failure {
                        code: code_of(error),
                        message: self.stream.error_message(),
                    });
                }
            }
            starved = output.len() < limit;
        }
        if let Some(history) = &mut self.history {
            history.extend_from_slice(&input[..used]);
            if history.len() > HISTORY_LIMIT {
                self.history = None;
            }
        }
        Ok(Inflated {
            output,
            used,
            starved,
        })
    }

    fn hand_dictionary(&mut self) -> Result<(), Failure> {
        let Some(dictionary) = &self.dictionary else {
            return Err(failure(NEED_DICT));
        };
        match self.stream.set_dictionary(dictionary) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure {
                code: code_of(error),
                message: Some(WRONG_DICTIONARY),
            }),
        }
    }

    /// A stream in the same state, if that is possible.
    pub fn copy(&self) -> Option<Inflater> {
        let history = self.history.as_ref().filter(|_| !self.at_end)?;
        let mut copy = Inflater::new(self.window_bits, self.dictionary.clone())?.ok()?;
        let limit = self.stream.total_out() as usize;
        let fed = copy
            .feed(history, limit.max(1), InflateFlush::SyncFlush)
            .ok()?;
        (fed.used == history.len() && fed.output.len() == limit).then_some(copy)
    }
}

/// Stands for the message about a dictionary that is not the one the data was made with.
pub const WRONG_DICTIONARY: &str = "\0dictionary";

fn code_of(error: InflateError) -> i32 {
    match error {
        InflateError::NeedDict { .. } => NEED_DICT,
        InflateError::StreamError => STREAM_ERROR,
        InflateError::DataError => DATA_ERROR,
        InflateError::MemError => -4,
    }
}
