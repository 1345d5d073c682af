//! The worker's side, `milepost::worker`, against the real service.

mod life;
mod rig;
