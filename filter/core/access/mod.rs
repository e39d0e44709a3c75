//! Who asks, and what that one may: keys, roles, callers. Nothing here knows HTTP, Envoy or a clock.
//!
//! A key that was issued carries all that is known of it, signed: whoever holds the signing key, or the public half of
//! it, checks it without asking anybody, so keys need no database and work on every replica and after a restart.
//!
//! | file | knows |
//! |---|---|
//! | `id` | what a key is called, and when it was issued |
//! | `claims` | what a key says, in bytes |
//! | `issued` | a key as text: made, and taken apart |
//! | `lifetime` | how long a key lasts |
//! | `mint` | what is wanted of a key, and the key that is made |
//! | `signer` | what keys are signed with |
//! | `role` | what the callers of a role may |
//! | `quota` | how much, and for how much money |
//! | `ledger` | how much was taken |
//! | `network` | from where |
//! | `date` | the calendar |
//! | `keyring` | all keys that are good, and whose each is |
//! | `voucher` | who vouches for callers beside keys, and what that makes of them |
//! | `caller` | who asks |

mod caller;
mod claims;
mod date;
mod id;
mod issued;
mod keyring;
pub mod ledger;
mod lifetime;
mod mint;
mod network;
mod quota;
mod role;
mod signer;
mod voucher;

pub use caller::{Caller, Credited};
pub use claims::{Claims, Narrowing, Unwritable};
pub use date::{DAY, Date, parse_date, written_date};
pub use id::KeyId;
pub use issued::{IssuedKey, LONGEST_KEY, PREFIX};
pub use keyring::{Keyring, NotGood, StaticKey};
pub use lifetime::{LONGEST_LIFETIME, USUAL_LIFETIME, parse_lifetime};
pub use mint::{LONGEST_LABEL, Minted, Unmintable, Wanted, mint};
pub use network::Network;
pub use quota::{Budget, Money, Period, Quota};
pub use role::{LONGEST_ROLE, Role, is_word};
pub use signer::{SHORTEST_SECRET, Signer, SigningKey, Unusable, digest};
pub use voucher::{By, Evidence, Roles, Service, TokenIssuer, Vouched, Vouchers};
