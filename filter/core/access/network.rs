//! A network, as `10.0.0.0/8` or `2001:db8::/32` write it (RFC 4632, RFC 4291), or one address.

use std::fmt;
use std::net::IpAddr;

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits of an address say that it is in there.
    bits: u8,
}

impl Network {
    /// Reads one. `None` for what is none, or has bits beyond its prefix, which somebody must have meant otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(bits.parse().ok()?))
            }
            Some(_) => return None,
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = length(address);
        let network = Self { address, bits: bits.unwrap_or(most) };
        let is_one = network.bits <= most && masked(address, network.bits) == number(address);
        is_one.then_some(network)
    }

    /// Whether an address is in it. One of IPv4 that is written as one of IPv6 is one of IPv4.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        length(address) == length(self.address) && masked(address, self.bits) == number(self.address)
    }
}

const fn length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// An address without the bits that say which it is in its network.
fn masked(address: IpAddr, bits: u8) -> u128 {
    let own = u32::from(length(address).saturating_sub(bits));
    number(address).checked_shr(own).and_then(|high| high.checked_shl(own)).unwrap_or_default()
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_its_own_addresses_only() {
        for (network, address, want) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("10.0.0.0/8", "::a00:1", false),
            ("192.168.1.7", "192.168.1.7", true),
            ("192.168.1.7", "192.168.1.8", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db9::1", true),
            ("::1/128", "::1", true),
        ] {
            let holds = Network::parse(network).unwrap().holds(address.parse().unwrap());
            assert_eq!(holds, want, "{network} {address}");
        }
        for bad in ["", "10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "a"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }
}
