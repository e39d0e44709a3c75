//! A `google.protobuf.Value` that is written, as far as anybody here has something to say in one: objects of texts and
//! whole numbers. <https://protobuf.dev/programming-guides/encoding/>, and the numbers of the fields:
//! <https://protobuf.dev/reference/protobuf/google.protobuf/#value>.

/// A text.
pub fn text(text: &str) -> Vec<u8> {
    let mut value = Vec::new();
    push(&mut value, STRING_VALUE, text.as_bytes());
    value
}

/// A number, which is what JSON calls one.
pub fn number(whole: u32) -> Vec<u8> {
    let mut value = vec![NUMBER_VALUE];
    value.extend_from_slice(&f64::from(whole).to_le_bytes());
    value
}

/// An object of such values.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let mut fields = Vec::new();
    for (name, member) in members {
        let mut entry = Vec::new();
        push(&mut entry, ENTRY_KEY, name.as_bytes());
        push(&mut entry, ENTRY_VALUE, &member);
        push(&mut fields, STRUCT_FIELDS, &entry);
    }
    let mut value = Vec::new();
    push(&mut value, STRUCT_VALUE, &fields);
    value
}

/// Fields with their kinds: a number of eight bytes, or bytes with their length before them.
const NUMBER_VALUE: u8 = 2 << 3 | 1;
const STRING_VALUE: u8 = 3 << 3 | 2;
const STRUCT_VALUE: u8 = 5 << 3 | 2;
const STRUCT_FIELDS: u8 = 1 << 3 | 2;
const ENTRY_KEY: u8 = 1 << 3 | 2;
const ENTRY_VALUE: u8 = 2 << 3 | 2;

/// Adds a field of bytes: its length goes before them, seven bits at a time, the least first.
fn push(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field);
    let mut length = bytes.len();
    while let [low, ..] = length.to_le_bytes()
        && length > 0x7f
    {
        message.push(low | 0x80);
        length >>= 7;
    }
    message.extend(length.to_le_bytes().first());
    message.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_protocol_buffers_write_them() {
        assert_eq!(text("ab"), b"\x1a\x02ab");
        assert_eq!(number(30), b"\x11\0\0\0\0\0\0\x3e\x40");
        assert_eq!(object([]), b"\x2a\0");
        // As Python's `struct_pb2` serializes {"unit": "HOUR"}.
        assert_eq!(object([("unit", text("HOUR"))]), b"\x2a\x10\x0a\x0e\x0a\x04unit\x12\x06\x1a\x04HOUR");
    }

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        for (length, want) in
            [(127, &[0x7f][..]), (128, &[0x80, 1]), (300, &[0xac, 2]), (16384, &[0x80, 0x80, 1])]
        {
            let written = text(&"x".repeat(length));
            assert_eq!(written.get(1..=want.len()), Some(want), "{length}");
            assert_eq!(written.len(), length + 1 + want.len());
        }
    }
}
