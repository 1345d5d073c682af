//! Hostile input (P24 and the list of bad inputs): each row of the list is sent to the real binary over a real socket
//! and has its answer by its number; what a name `x1`, `x2` … begins was not on the list. One file for each section of
//! the list.
//!
//! Every section is run twice, under two names of a project: the first time brings out every answer there is, and the
//! second must not add a series to the metrics. After each, the service works as ever, and its log is one JSON object
//! per line without a panic, an unexplained error or a secret.

mod a_http;
mod c_paths;
mod d_bodies;
mod e_negotiation;
mod f_events;
mod g_handshake;
mod h_frames;
mod i_commands;
mod j_operations;
mod socket;
mod support;
