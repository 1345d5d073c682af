//! The worker's side, `milepost::worker`, against the real service.

mod away;
mod cancelled;
mod ends;
mod example;
mod fit;
mod flaky;
mod life;
mod many;
mod process;
mod rig;
mod shown;
mod silent;
