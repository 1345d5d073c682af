//! Notices that there is a built dashboard where there was none: what a release is compiled from is told by the files
//! themselves, but only once they are there. Builds nothing. A debug build reads them when it runs.

fn main() {
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let watched = if release {
        "web/dist/index.html"
    } else {
        "build.rs"
    };
    println!("cargo::rerun-if-changed={watched}");
}
