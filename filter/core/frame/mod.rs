//! Bytes to frames and back. Knows nothing of what a frame means.

pub mod multipart;
pub mod sse;
