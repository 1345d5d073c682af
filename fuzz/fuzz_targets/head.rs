//! See `milepost_fuzz::head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| milepost_fuzz::head::check(data));
