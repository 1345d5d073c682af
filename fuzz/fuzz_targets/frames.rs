//! See `milepost_fuzz::frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| milepost_fuzz::frames::check(data));
