//! As much of HTTP/1.1 as this program and its Envoy speak with each other: whole messages, one after another.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// A request or an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its first line.
    pub start: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// All of an answer but its body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its first line.
    pub start: String,
    /// Its headers, their names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// What a header says, if it is there.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The most bytes of a message: thousands of clusters, told at length.
const LONGEST: u64 = 64 << 20;

/// Reads the next message; `None` where there is none.
///
/// # Errors
/// The connection breaks, or what comes is no message.
pub async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Message>> {
    let mut stream = stream.take(LONGEST);
    let Some(head) = head(&mut stream).await? else { return Ok(None) };
    let mut body = Vec::new();
    if head.value("transfer-encoding").is_none() {
        let length = head.value("content-length").map_or(Ok(0), |length| number(length, 10))?;
        piece(&mut stream, length, &mut body).await?;
        return Ok(Some(Message { start: head.start, body }));
    }
    loop {
        let size = line(&mut stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = number(&size, 16)?;
        piece(&mut stream, size, &mut body).await?;
        line(&mut stream).await?;
        if size == 0 {
            return Ok(Some(Message { start: head.start, body }));
        }
    }
}

/// Reads the next message up to its body; `None` where there is none.
///
/// # Errors
/// The connection breaks.
pub async fn head(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Head>> {
    let Some(start) = line(stream).await? else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let header = line(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let Some((name, value)) = header.split_once(':') else { return Ok(Some(Head { start, headers })) };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// A line without its end; `None` where the stream is at its own.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    Ok((!bytes.is_empty()).then_some(text))
}

fn number(text: &str, base: u32) -> io::Result<u64> {
    u64::from_str_radix(text.trim(), base).map_err(|_| io::ErrorKind::InvalidData.into())
}

async fn piece(stream: &mut (impl AsyncBufRead + Unpin), size: u64, body: &mut Vec<u8>) -> io::Result<()> {
    match stream.take(size).read_to_end(body).await? {
        read if u64::try_from(read) == Ok(size) => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_are_read_one_after_another() {
        let mut text: &[u8] = b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\
            transfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        for (start, body) in
            [("POST /a HTTP/1.1", "{}"), ("HTTP/1.1 200 OK", "abc0123456789"), ("GET /b HTTP/1.1", "")]
        {
            let message = read(&mut text).await.unwrap().unwrap();
            assert_eq!((message.start.as_str(), message.body.as_slice()), (start, body.as_bytes()));
        }
        assert_eq!(read(&mut text).await.unwrap(), None);
        for broken in
            ["POST / HTTP/1.1\r\n", "a\r\ncontent-length: 9\r\n\r\nx", "a\r\ncontent-length: x\r\n\r\n"]
        {
            assert!(read(&mut broken.as_bytes()).await.is_err(), "{broken}");
        }
    }
}
