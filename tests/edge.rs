//! The edge of the service: where a request comes from, which web pages may send one, and how many connections one
//! address may hold. Through the real layers, the real accept loop and the real binary.

mod connections;
mod origins;
mod proxies;
mod tickets;
