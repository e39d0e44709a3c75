//! Records in shared memory: a row of 64-bit words, the first of which names their layout.
//!
//! A record outlives the module that wrote it, so a reader believes nothing: a foreign layout is no record.

use std::time::Duration;

use super::average::Average;

/// What can be shared.
pub trait Record {
    /// What its kind is called.
    const NAME: &'static str;
    /// Reads it. What is none, or was written by another version, counts as nothing recorded.
    fn read(bytes: &[u8]) -> Self;
    /// Writes it.
    fn write(&self) -> Vec<u8>;
}

const SIZE: usize = size_of::<u64>();

/// Reads a record.
pub struct Reader<'a>(&'a [u8]);

/// Writes one.
pub struct Writer(Vec<u8>);

impl<'a> Reader<'a> {
    /// A reader of what a [`Writer`] of the same layout wrote; of nothing, if another did.
    pub fn new(layout: u64, bytes: &'a [u8]) -> Self {
        let mut reader = Self(bytes);
        match reader.number() {
            Some(found) if found == layout => reader,
            _ => Self(&[]),
        }
    }

    /// The next word.
    pub fn number(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk::<SIZE>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    /// The next word, where it is a small number.
    pub fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// The next word, as a time.
    pub fn time(&mut self) -> Option<Duration> {
        self.number().map(Duration::from_nanos)
    }
}

impl Reader<'_> {
    /// The next two words, as an average; one that was never taken is none.
    pub(super) fn average(&mut self) -> Option<Option<Average>> {
        let (value, at) = (f64::from_bits(self.number()?), self.number()?);
        Some((at > 0).then_some(Average { value, at }))
    }
}

impl Writer {
    /// A record of this layout.
    pub fn new(layout: u64) -> Self {
        let mut writer = Self(Vec::with_capacity(SIZE * 24));
        writer.number(layout);
        writer
    }

    /// Adds a word.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// Adds a time, in nanoseconds: those since 1970 fit until 2554.
    pub fn time(&mut self, time: Duration) -> &mut Self {
        self.number(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Adds an average.
    pub(super) fn average(&mut self, average: Option<Average>) -> &mut Self {
        let Average { value, at } = average.unwrap_or(Average { value: 0.0, at: 0 });
        self.number(value.to_bits()).number(at)
    }

    /// The record.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}
