//! The places where clients connect, as `ferro` itself comes to them: under which URL, and whether anybody answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ferro::config::Listen;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const LONGEST: Duration = Duration::from_secs(2);

/// The first place where nobody answers.
pub async fn silent(places: &[Listen]) -> Option<&Listen> {
    for place in places {
        if !matches!(timeout(LONGEST, answers(place)).await, Ok(Ok(true))) {
            return Some(place);
        }
    }
    None
}

/// Under which URL this machine finds the gateway there.
pub fn url(place: &Listen) -> String {
    let scheme = if place.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}{}", reachable(place.address), place.path)
}

/// Where this machine reaches what listens on `address`.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Asks for the gateway's health. Where TLS is spoken, that would take a certificate of ours: there it is enough that
/// somebody objects to half a greeting.
async fn answers(place: &Listen) -> std::io::Result<bool> {
    let address = reachable(place.address);
    let mut connection = TcpStream::connect(address).await?;
    let (request, want) = match place.tls {
        None => {
            let path = &place.path;
            let text = format!("GET {path}/healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
            (text.into_bytes(), &b"HTTP/1.1 200"[..])
        }
        Some(_) => (HALF_A_GREETING.to_vec(), ALERT),
    };
    connection.write_all(&request).await?;
    let mut start = vec![0; want.len()];
    connection.read_exact(&mut start).await?;
    Ok(start == want)
}

/// A record with a client's hello that ends where it begins (RFC 8446, 4 and 5.1).
const HALF_A_GREETING: &[u8] = &[22, 3, 1, 0, 4, 1, 0, 0, 0];

/// The type of the record that says what is wrong.
const ALERT: &[u8] = &[21];
