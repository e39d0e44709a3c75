//! What an issued key says of itself, as bytes that are signed. A key has no room to waste, so:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version of this table |
//! | 16 | its id, which says when it was issued |
//! | 4 | when it expires, in seconds since 1970 |
//! | 1 + n | who signed it, by the signing key's id |
//! | 1 + n | its role |
//! | 1 + n | what else it says: for each a tag, a length, and its bytes, in the order of the tags |
//!
//! Numbers have their most significant byte first, and where their length is given no leading zeros. What a reader does not
//! know it may not overlook, since it can only be a limit.

use serde::Serialize;

use super::id::KeyId;
use super::quota::{Budget, Money, Period};

/// What a key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// What it is called.
    pub id: KeyId,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
    /// The id of the signing key.
    pub signer: String,
    /// The role of who has it.
    pub role: String,
    /// What it is for, in words.
    pub label: Option<String>,
    /// What it may less than its role.
    pub narrowing: Narrowing,
}

/// What a key may less than its role. What it may not less is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Narrowing {
    /// Patterns of the models that it may use; none for all that its role may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Requests in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Tokens in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// Why claims are no key's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// They are longer than a key may be, by so many bytes.
    TooLong(usize),
    /// The member of this name holds what none may.
    Invalid(&'static str),
}

const VERSION: u8 = 1;

/// How long claims are beside what they say of who signed them, of their role and of all else, in bytes.
const BARE: usize = 24;
/// What stands before each member: its tag and its length.
const BEFORE_MEMBER: usize = 2;

const LABEL: u8 = 1;
const MODELS: u8 = 2;
const REQUESTS: u8 = 3;
const TOKENS: u8 = 4;
const BUDGET: u8 = 5;

/// Between the patterns of models.
const BETWEEN: char = ',';

impl Claims {
    /// The bytes to sign, of which there are so many at most.
    ///
    /// # Errors
    /// They could not be read again, or there are more.
    pub fn write(&self, most: usize) -> Result<Vec<u8>, Unwritable> {
        let members = self.members()?;
        let rest = members.iter().map(|(_, member)| member.len().saturating_add(BEFORE_MEMBER));
        let rest = rest.fold(0, usize::saturating_add);
        let lengths = [BARE, self.signer.len(), self.role.len(), rest];
        let length = lengths.into_iter().fold(0, usize::saturating_add);
        match length.checked_sub(most) {
            None | Some(0) => self.bytes(members),
            Some(more) => Err(Unwritable::TooLong(more)),
        }
    }

    fn bytes(&self, members: Vec<(u8, Vec<u8>)>) -> Result<Vec<u8>, Unwritable> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.id.bytes());
        let expires = u32::try_from(self.expires).map_err(|_| Unwritable::Invalid("expires"))?;
        bytes.extend_from_slice(&expires.to_be_bytes());
        for (name, text) in [("signer", &self.signer), ("role", &self.role)] {
            if text.is_empty() {
                return Err(Unwritable::Invalid(name));
            }
            add(&mut bytes, text.as_bytes())?;
        }
        let mut rest = Vec::new();
        for (tag, member) in members {
            rest.push(tag);
            add(&mut rest, &member)?;
        }
        add(&mut bytes, &rest)?;
        Ok(bytes)
    }

    /// What needs not be said, each with its tag.
    fn members(&self) -> Result<Vec<(u8, Vec<u8>)>, Unwritable> {
        let Narrowing { models, requests_per_minute, tokens_per_minute, budget } = &self.narrowing;
        if models.iter().any(|glob| glob.is_empty() || glob.contains(BETWEEN)) {
            return Err(Unwritable::Invalid("models"));
        }
        let text = |text: &str| Some(text.as_bytes().to_vec()).filter(|bytes| !bytes.is_empty());
        let budget = budget.map(|budget| {
            let mut bytes = vec![of_period(budget.per)];
            bytes.extend(number(budget.amount.0));
            bytes
        });
        let members = [
            (LABEL, self.label.as_deref().and_then(text)),
            (MODELS, text(&models.join(&BETWEEN.to_string()))),
            (REQUESTS, requests_per_minute.map(number)),
            (TOKENS, tokens_per_minute.map(number)),
            (BUDGET, budget),
        ];
        Ok(members.into_iter().filter_map(|(tag, member)| Some((tag, member?))).collect())
    }

    /// Reads what [`Self::write`] wrote, and gives what follows it. `None` for anything else.
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut reader = Reader(bytes);
        if reader.take::<1>()? != [VERSION] {
            return None;
        }
        let id = KeyId::of_bytes(reader.take()?);
        let expires = u64::from(u32::from_be_bytes(reader.take()?));
        let (signer, role) = (reader.text()?, reader.text()?);
        let mut members = Reader(reader.bytes()?);
        let mut claims = Self { id, expires, signer, role, label: None, narrowing: Narrowing::default() };
        let mut before = 0;
        while !members.0.is_empty() {
            let [tag] = members.take()?;
            if tag <= before {
                return None;
            }
            before = tag;
            claims.read_member(tag, members.bytes()?)?;
        }
        Some((claims, reader.0))
    }

    fn read_member(&mut self, tag: u8, bytes: &[u8]) -> Option<()> {
        let text = || std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty());
        let narrowing = &mut self.narrowing;
        match tag {
            LABEL => self.label = Some(text()?.to_owned()),
            MODELS => narrowing.models = text()?.split(BETWEEN).map(str::to_owned).collect(),
            REQUESTS => narrowing.requests_per_minute = Some(read_number(bytes)?),
            TOKENS => narrowing.tokens_per_minute = Some(read_number(bytes)?),
            BUDGET => {
                let (period, amount) = bytes.split_first()?;
                let amount = Money(read_number(amount)?);
                narrowing.budget = Some(Budget { amount, per: period_of(*period)?, warn_at: None });
            }
            _ => return None,
        }
        Some(())
    }
}

/// Bytes with their length before them.
fn add(bytes: &mut Vec<u8>, member: &[u8]) -> Result<(), Unwritable> {
    let most = usize::from(u8::MAX);
    let length =
        u8::try_from(member.len()).map_err(|_| Unwritable::TooLong(member.len().saturating_sub(most)))?;
    bytes.push(length);
    bytes.extend_from_slice(member);
    Ok(())
}

fn number(number: u64) -> Vec<u8> {
    number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

fn read_number(bytes: &[u8]) -> Option<u64> {
    let fits = bytes.len() <= size_of::<u64>() && bytes.first() != Some(&0);
    fits.then(|| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
}

fn of_period(period: Period) -> u8 {
    let place = Period::WORDS.iter().position(|(_, known)| *known == period);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn period_of(byte: u8) -> Option<Period> {
    Period::WORDS.get(usize::from(byte)).map(|(_, period)| *period)
}

/// Bytes that are read from their beginning.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let [length] = self.take()?;
        let (taken, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(taken)
    }

    fn text(&mut self) -> Option<String> {
        let text = std::str::from_utf8(self.bytes()?).ok()?;
        (!text.is_empty()).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 500;

    fn full() -> Claims {
        Claims {
            id: KeyId::new(1_790_000_000_000, [9; 10]),
            expires: 1_792_592_000,
            signer: "k2".to_owned(),
            role: "developer".to_owned(),
            label: Some("CI, é".to_owned()),
            narrowing: Narrowing {
                models: vec!["gpt-*".to_owned(), "claude-sonnet-4-5".to_owned()],
                requests_per_minute: Some(0),
                tokens_per_minute: Some(100_000),
                budget: Some(Budget { amount: Money(5_000_000_000), per: Period::Day, warn_at: None }),
            },
        }
    }

    #[test]
    fn they_are_read_as_they_were_written() {
        let bare = Claims { label: None, narrowing: Narrowing::default(), ..full() };
        for claims in [full(), bare] {
            let mut bytes = claims.write(MOST).unwrap();
            bytes.extend_from_slice(b"tag");
            assert_eq!(Claims::read(&bytes), Some((claims, &b"tag"[..])));
        }
    }

    #[test]
    fn what_was_not_written_so_is_none() {
        let bytes = full().write(MOST).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(Claims::read(&bytes[..length]), None, "{length}");
        }
        let with_rest = |rest: &[u8]| {
            let bare = Claims { label: None, narrowing: Narrowing::default(), ..full() };
            let mut bytes = bare.write(MOST).unwrap();
            bytes.pop();
            bytes.push(rest.len().try_into().unwrap());
            bytes.extend_from_slice(rest);
            Claims::read(&bytes).is_some()
        };
        assert!(with_rest(&[LABEL, 1, b'a']) && with_rest(&[REQUESTS, 1, 7]) && with_rest(&[REQUESTS, 0]));
        for (rest, why) in [
            (&[LABEL, 0][..], "an empty text"),
            (&[LABEL, 1, 0xff], "no text"),
            (&[9, 0], "unknown"),
            (&[REQUESTS, 1, 0], "a leading zero"),
            (&[REQUESTS, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1], "too large"),
            (&[REQUESTS, 1, 7, REQUESTS, 1, 7], "twice"),
            (&[REQUESTS, 1, 7, LABEL, 1, b'a'], "out of order"),
            (&[BUDGET, 1, 9], "no period"),
            (&[BUDGET, 0], "no budget"),
        ] {
            assert!(!with_rest(rest), "{why}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_not_written() {
        let long = Claims { label: Some("x".repeat(300)), ..full() };
        assert!(matches!(long.write(MOST), Err(Unwritable::TooLong(_))));
        let length = full().write(MOST).unwrap().len();
        assert_eq!(full().write(length).map(|bytes| bytes.len()), Ok(length));
        assert_eq!(full().write(length - 7), Err(Unwritable::TooLong(7)));
        let of = |models: &str| Narrowing { models: vec![models.to_owned()], ..Narrowing::default() };
        for models in ["", "a,b"] {
            let claims = Claims { narrowing: of(models), ..full() };
            assert_eq!(claims.write(MOST), Err(Unwritable::Invalid("models")), "{models}");
        }
        assert_eq!(Claims { role: String::new(), ..full() }.write(MOST), Err(Unwritable::Invalid("role")));
        assert_eq!(Claims { expires: 1 << 32, ..full() }.write(MOST), Err(Unwritable::Invalid("expires")));
    }
}
