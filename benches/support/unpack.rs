//! Sample data as plain files.

use std::fs::File;
use std::path::{Path, PathBuf};

/// Unpacks a `.zst` into `folder`.
pub fn unpack(packed: &Path, folder: &Path) -> PathBuf {
    let name = packed.file_stem().expect("a name");
    let file = folder.join(name);
    let packed = File::open(packed).expect("the sample data");
    let mut reader = ruzstd::decoding::StreamingDecoder::new(packed).expect("a zstd file");
    let mut out = File::create(&file).expect("a file");
    std::io::copy(&mut reader, &mut out).expect("unpacked");
    file
}
