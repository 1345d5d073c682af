//! The repository scan: its rules one by one, its counts against an independent reading, damage, the second scan, and
//! several repositories at once.

mod again;
mod counts;
mod damage;
mod front;
mod rig;
mod rules;
mod several;
