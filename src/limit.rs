//! Who a caller is, and how much of each thing one caller may have: requests, refused credentials, open streams,
//! connections. Everything here is bounded, whatever callers say of themselves: fixed cells where anybody can make
//! new callers up, exact counts where each costs an open connection.

pub mod address;
pub mod admissions;
pub mod caller;
pub mod failures;
pub mod network;
pub mod rate;
pub mod shares;

pub use address::ClientAddress;
pub use admissions::{Admission, Admissions, PENDING_PER_ADDRESS, TooMany};
pub use caller::Caller;
pub use failures::Failures;
pub use network::{Network, Networks};
pub use rate::Rate;
pub use shares::Shares;
