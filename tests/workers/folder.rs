//! Where test data comes from: the samples in the repository, the large files beside it, and
//! folders for files that a test writes itself.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
};

use ruzstd::decoding::StreamingDecoder;
use uuid::Uuid;

/// A folder that goes away with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = env::temp_dir().join(format!("milepost-test-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Unpacks a `.zst` file into this folder.
    pub fn unpacked(&self, packed: &Path) -> PathBuf {
        self.file(packed.file_stem().unwrap().to_str().unwrap(), plain(packed))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn plain(packed: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packed = fs::File::open(packed).unwrap();
    StreamingDecoder::new(packed)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// A sample of the repository.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/data")
        .join(name)
}

/// A file of the large data set; `None`, said in one line, where it is not there.
pub fn large(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = env::var_os("MILEPOST_DATA").map_or_else(beside, PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!(
        "passed over: {name} is not in {} (MILEPOST_DATA)",
        folder.display()
    );
    None
}
