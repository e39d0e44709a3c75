//! As much of certificates and keys as shows that they are some, that they belong together, and how long they are good.
//!
//! PEM is RFC 7468, DER X.690; a certificate is RFC 5280, 4.1, a key RFC 5958 (PKCS #8), RFC 5915 (EC) or RFC 8017,
//! A.1.2 (RSA). What Envoy itself would refuse beside that, it refuses when it starts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A certificate, as far as it is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Certificate {
    public: Public,
    /// When it ends: `20301231235959Z`, so that later is greater.
    pub ends: String,
}

/// A private key, as far as it is read: the public key that it has with it. An EC key need not have it.
#[derive(Debug, PartialEq, Eq)]
pub struct Key(Option<Public>);

/// What a certificate and its key have in common: the modulus of RSA, the point of EC.
#[derive(Debug, PartialEq, Eq)]
struct Public(Vec<u8>);

impl Key {
    /// Whether it is of another certificate than this.
    pub fn is_of_another(&self, certificate: &Certificate) -> bool {
        self.0.as_ref().is_some_and(|public| *public != certificate.public)
    }
}

/// The certificates of a text.
///
/// # Errors
/// It has none, or one that cannot be read: in words for the operator.
pub fn certificates(text: &str) -> Result<Vec<Certificate>, String> {
    let blocks: Vec<_> = blocks(text).filter(|(label, _)| *label == "CERTIFICATE").collect();
    if blocks.is_empty() {
        return Err(match blocks_of_keys(text) {
            true => "there is a private key here, and no certificate".to_owned(),
            false => {
                "there is no certificate here: PEM is expected, `-----BEGIN CERTIFICATE-----`".to_owned()
            }
        });
    }
    let certificate = |(number, (_, body)): (usize, (&str, Option<Vec<u8>>))| {
        body.as_deref()
            .and_then(certificate)
            .ok_or_else(|| format!("certificate {} here cannot be read", number.saturating_add(1)))
    };
    blocks.into_iter().enumerate().map(certificate).collect()
}

/// The first private key of a text.
///
/// # Errors
/// There is none, or it cannot be read, or not without a password: in words for the operator.
pub fn key(text: &str) -> Result<Key, String> {
    let (label, body) = blocks(text).find(|(label, _)| label.ends_with("PRIVATE KEY")).ok_or_else(|| {
        "there is no private key here: PEM is expected, `-----BEGIN PRIVATE KEY-----`".to_owned()
    })?;
    if label.starts_with("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err("this private key needs a password, which nobody gives Envoy: decrypt it".to_owned());
    }
    let public = body.as_deref().and_then(|body| match label {
        "RSA PRIVATE KEY" => rsa(body).map(Some),
        "EC PRIVATE KEY" => ec(body),
        _ => pkcs8(body),
    });
    public.map(Key).ok_or_else(|| "this private key cannot be read".to_owned())
}

fn blocks_of_keys(text: &str) -> bool {
    blocks(text).any(|(label, _)| label.ends_with("PRIVATE KEY"))
}

/// What stands between `BEGIN` and `END`, with its label; `None` for what is no base64.
fn blocks(text: &str) -> impl Iterator<Item = (&str, Option<Vec<u8>>)> {
    text.split("-----BEGIN ").skip(1).filter_map(|rest| {
        let (label, rest) = rest.split_once("-----")?;
        let (body, _) = rest.split_once("-----END ")?;
        // Lines of an old key say something of it (RFC 1421).
        let body: String = body.lines().filter(|line| !line.contains(':')).map(str::trim).collect();
        Some((label, STANDARD.decode(body).ok()))
    })
}

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const PUBLIC: u8 = 0xa1;

/// The next value: its tag, and what it holds.
fn next<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        length @ 0..=0x7f => (length, rest),
        // Four bytes of length are more than any file has.
        more @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(more.saturating_sub(0x80))?;
            (digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some((*tag, value))
}

/// The next value, which has this tag.
fn expect<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    next(bytes).filter(|(found, _)| *found == tag).map(|(_, value)| value)
}

fn certificate(mut bytes: &[u8]) -> Option<Certificate> {
    let mut whole = expect(&mut bytes, SEQUENCE)?;
    let mut signed = expect(&mut whole, SEQUENCE)?;
    if signed.first() == Some(&VERSION) {
        next(&mut signed)?;
    }
    let (_serial, _algorithm, _issuer) =
        (expect(&mut signed, INTEGER)?, expect(&mut signed, SEQUENCE)?, expect(&mut signed, SEQUENCE)?);
    let mut validity = expect(&mut signed, SEQUENCE)?;
    let (_begins, ends) = (next(&mut validity)?, next(&mut validity)?);
    let _subject = expect(&mut signed, SEQUENCE)?;
    let mut info = expect(&mut signed, SEQUENCE)?;
    let _algorithm = expect(&mut info, SEQUENCE)?;
    let bits = expect(&mut info, BITS)?;
    Some(Certificate { public: public(bits)?, ends: time(ends)? })
}

/// A public key is the point itself, or RSA's modulus and exponent. In front of both stands how many bits are not used.
fn public(bits: &[u8]) -> Option<Public> {
    let (_, bits) = bits.split_first()?;
    let mut rsa = bits;
    let modulus = expect(&mut rsa, SEQUENCE).and_then(|mut numbers| expect(&mut numbers, INTEGER));
    Some(Public(modulus.unwrap_or(bits).to_vec()))
}

/// A year of two digits is of 1950 to 2049 (RFC 5280, 4.1.2.5.1).
fn time((tag, text): (u8, &[u8])) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    match tag {
        UTC_TIME if text >= "50" => Some(format!("19{text}")),
        UTC_TIME => Some(format!("20{text}")),
        TIME => Some(text.to_owned()),
        _ => None,
    }
}

fn pkcs8(mut bytes: &[u8]) -> Option<Option<Public>> {
    let mut whole = expect(&mut bytes, SEQUENCE)?;
    let (_version, _algorithm) = (expect(&mut whole, INTEGER)?, expect(&mut whole, SEQUENCE)?);
    let inner = expect(&mut whole, OCTETS)?;
    match (rsa(inner), ec(inner)) {
        (Some(public), _) => Some(Some(public)),
        (None, Some(public)) => Some(public),
        // Of another kind, of which nothing is known here.
        (None, None) => Some(None),
    }
}

fn rsa(mut bytes: &[u8]) -> Option<Public> {
    let mut whole = expect(&mut bytes, SEQUENCE)?;
    let (_version, modulus) = (expect(&mut whole, INTEGER)?, expect(&mut whole, INTEGER)?);
    Some(Public(modulus.to_vec()))
}

fn ec(mut bytes: &[u8]) -> Option<Option<Public>> {
    let mut whole = expect(&mut bytes, SEQUENCE)?;
    let (_version, _secret) = (expect(&mut whole, INTEGER)?, expect(&mut whole, OCTETS)?);
    while let Some((tag, mut value)) = next(&mut whole) {
        if tag == PUBLIC {
            return Some(public(expect(&mut value, BITS)?));
        }
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(label: &str, body: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(body))
    }

    /// A value of DER, shorter than 128 bytes.
    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let value = parts.concat();
        [&[tag, u8::try_from(value.len()).unwrap()], value.as_slice()].concat()
    }

    /// A certificate as far as it is read, of this public key.
    fn certificate_of(public: &[u8], ends: &[u8]) -> Vec<u8> {
        let nothing = der(SEQUENCE, &[]);
        let validity = der(SEQUENCE, &[&der(UTC_TIME, &[b"200101000000Z"]), &der(UTC_TIME, &[ends])]);
        let info = der(SEQUENCE, &[&nothing, &der(BITS, &[&[0], public])]);
        let (version, serial) = (der(VERSION, &[&der(INTEGER, &[&[2]])]), der(INTEGER, &[&[7]]));
        let signed = [&version[..], &serial, &nothing, &nothing, &validity, &nothing, &info];
        der(SEQUENCE, &[&der(SEQUENCE, &signed), &nothing, &der(BITS, &[&[0]])])
    }

    fn ec_key(public: Option<&[u8]>) -> Vec<u8> {
        let public = public.map(|public| der(PUBLIC, &[&der(BITS, &[&[0], public])])).unwrap_or_default();
        der(SEQUENCE, &[&der(INTEGER, &[&[1]]), &der(OCTETS, &[b"secret"]), &public])
    }

    #[test]
    fn a_key_is_known_by_its_public_part() {
        let text = pem("CERTIFICATE", &certificate_of(b"\x04point", b"300101000000Z"));
        let [certificate] = &certificates(&text).unwrap()[..] else { panic!("one") };
        assert_eq!(certificate.ends, "20300101000000Z");
        let wrapped = |inner: &[u8]| {
            der(SEQUENCE, &[&der(INTEGER, &[&[0]]), &der(SEQUENCE, &[]), &der(OCTETS, &[inner])])
        };
        for (public, is_another) in
            [(Some(&b"\x04point"[..]), false), (Some(b"\x04other"), true), (None, false)]
        {
            let own = ec_key(public);
            for text in [pem("EC PRIVATE KEY", &own), pem("PRIVATE KEY", &wrapped(&own))] {
                assert_eq!(key(&text).unwrap().is_of_another(certificate), is_another, "{public:?}");
            }
        }
        let numbers = der(SEQUENCE, &[&der(INTEGER, &[b"modulus"]), &der(INTEGER, &[&[3]])]);
        let text = pem("CERTIFICATE", &certificate_of(&numbers, b"300101000000Z"));
        let certificate = &certificates(&text).unwrap()[0];
        for (modulus, is_another) in [(&b"modulus"[..], false), (b"another", true)] {
            let own =
                der(SEQUENCE, &[&der(INTEGER, &[&[0]]), &der(INTEGER, &[modulus]), &der(INTEGER, &[&[3]])]);
            for text in [pem("RSA PRIVATE KEY", &own), pem("PRIVATE KEY", &wrapped(&own))] {
                assert_eq!(key(&text).unwrap().is_of_another(certificate), is_another);
            }
        }
    }

    #[test]
    fn what_is_cut_anywhere_is_told_and_breaks_nothing() {
        let whole = certificate_of(b"\x04point", b"300101000000Z");
        for length in 0..whole.len() {
            assert!(certificates(&pem("CERTIFICATE", &whole[..length])).is_err(), "{length}");
        }
        let whole = ec_key(Some(b"\x04point"));
        for length in 0..whole.len() {
            assert!(key(&pem("EC PRIVATE KEY", &whole[..length])).is_err(), "{length}");
        }
        for (text, want) in [
            ("", "there is no private key here"),
            ("-----BEGIN PRIVATE KEY-----", "there is no private key here"),
            ("-----BEGIN PRIVATE KEY-----\n!\n-----END ", "this private key cannot be read"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ", "this private key needs a password"),
        ] {
            assert!(key(text).unwrap_err().starts_with(want), "{text}");
        }
        // A length that no file has.
        assert!(certificates(&pem("CERTIFICATE", &[SEQUENCE, 0x84, 255, 255, 255, 255])).is_err());
        assert!(certificates(&pem("CERTIFICATE", &[SEQUENCE, 0xff])).is_err());
    }
}
