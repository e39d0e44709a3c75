//! Providers: a vendor is a row of data, an instance is a row with an endpoint and a credential.
//!
//! To add a vendor that speaks a format we know, add a row to [`CATALOGUE`]; `gateway.yaml` can do without one:
//! `kind: openai-compatible` with an `endpoint`, and whatever else a row may hold. Once a configuration is loaded, nobody
//! looks at rows any more: a provider then owns its [`Operation`]s, its [`Auth`] and its quirks. Where its credential is a
//! token that is fetched, [`Issuer`] says from whom; where it is asked which models it has, [`ModelList`] says where.

mod auth;
mod catalogue;
mod endpoint;
mod issuer;
mod model_list;
mod operation;
mod path;
mod prices;
mod row;

pub use auth::Auth;
pub use catalogue::{CATALOGUE, TITLES, Vendors};
pub use endpoint::Endpoint;
pub use issuer::{ClientIn, Issuer};
pub use model_list::ModelList;
pub use operation::Operation;
pub use path::{Path, fill, is_variable, names, query_value};
pub use prices::{Price, covering};
pub use row::{CHAT, Row, RowOperation, RowQuirks, Variable};
