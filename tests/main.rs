//! All tests in one binary, so that they link once.

mod machine;
