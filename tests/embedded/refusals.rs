//! Every reason not to start is one clear line, and leaves nothing behind that is in the way of the
//! next start.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::service::{self, Service};
use super::{Embedded, Error, Scratch, Settings, is_root, postgres_in, settings, start, tell};

/// The error of a start that must fail, and its text, which is one line.
fn refused(settings: &Settings) -> (Error, String) {
    let error = Embedded::start(settings)
        .map(|_| "started")
        .expect_err("it must not start");
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(postgres_in(&settings.root), Vec::<u32>::new());
    (error, text)
}

#[test]
fn a_directory_in_use_is_refused_and_its_user_not_disturbed() {
    let scratch = Scratch::new();
    let first = start(scratch.path());
    let pid = first.pid();
    let error = Embedded::start(&settings(scratch.path()))
        .map(|_| "started")
        .expect_err("in use");
    let expected = format!(
        "another milepost uses {}: stop it, choose another --data-dir, or share a database with --database-url",
        scratch.path().display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!((first.pid(), first.restarts()), (pid, 0));
    assert_eq!(tell(&first, "select 1"), "1");
    first.stop();
    start(scratch.path()).stop();
}

#[test]
fn a_database_of_another_version_is_named() {
    let scratch = Scratch::new();
    start(scratch.path()).stop();
    let file = scratch.join("pg/PG_VERSION");
    let own = fs::read_to_string(&file).expect("it was made just now");
    fs::write(&file, "12\n").expect("our own file");
    let (error, text) = refused(&settings(scratch.path()));
    assert!(
        matches!(error, Error::Version { recorded: 12, .. }),
        "{text}"
    );
    assert!(
        text.contains("made by PostgreSQL 12") && text.contains(own.trim()),
        "{text}"
    );
    fs::write(&file, own).expect("our own file");
    start(scratch.path()).stop();
}

#[test]
fn files_that_are_no_database_are_not_touched() {
    let scratch = Scratch::new();
    start(scratch.path()).stop();
    let file = scratch.join("pg/PG_VERSION");
    fs::remove_file(&file).expect("our own file");
    assert!(matches!(
        refused(&settings(scratch.path())).0,
        Error::NotCluster { .. }
    ));
    fs::write(&file, "not a number").expect("our own file");
    assert!(matches!(
        refused(&settings(scratch.path())).0,
        Error::NotCluster { .. }
    ));
    assert!(scratch.join("pg/base").is_dir());
}

#[test]
fn named_binaries_that_are_none_are_refused() {
    let scratch = Scratch::new();
    let mut settings = settings(&scratch.join("data"));
    settings.binaries = Some(scratch.join("nothing"));
    let (error, text) = refused(&settings);
    assert!(matches!(error, Error::Binaries { .. }), "{text}");
    assert!(text.starts_with("MILEPOST_PG_BIN names "), "{text}");
}

#[test]
fn a_setting_the_server_refuses_is_quoted_and_not_tried_again() {
    let scratch = Scratch::new();
    let mut settings = settings(scratch.path());
    settings
        .settings
        .push(("shared_buffers".to_owned(), "nonsense".to_owned()));
    let (error, text) = refused(&settings);
    assert!(matches!(error, Error::Ended { .. }), "{text}");
    assert!(
        text.contains("invalid value for parameter \"shared_buffers\""),
        "{text}"
    );
    start(scratch.path()).stop();
}

#[test]
fn a_file_in_place_of_the_directory_is_named() {
    let scratch = Scratch::new();
    let file = scratch.join("file");
    fs::write(&file, "").expect("our own directory");
    let (_, text) = refused(&settings(&file));
    assert!(text.contains(&file.display().to_string()), "{text}");
}

#[test]
fn root_is_told_which_directory_is_closed_to_the_servers_account() {
    if !is_root() {
        return println!("skipped: only root lends the server another account");
    }
    let scratch = Scratch::new();
    let closed = scratch.join("closed");
    fs::create_dir(&closed).expect("our own directory");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("our own directory");
    let (error, text) = refused(&settings(&closed.join("data")));
    assert!(
        matches!(&error, Error::Unreachable { blocked, .. } if *blocked == closed),
        "{text}"
    );
    // The directory itself may be closed, as one of mktemp -d is: it is ours to open.
    let own = scratch.join("own");
    fs::create_dir(&own).expect("our own directory");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o700)).expect("our own directory");
    start(&own).stop();
}

#[test]
fn files_of_somebody_else_are_named_with_their_owner() {
    if !is_root() {
        return println!("skipped: needs root to give files away");
    }
    let scratch = Scratch::new();
    start(scratch.path()).stop();
    std::os::unix::fs::chown(scratch.join("pg"), Some(0), Some(0)).expect("root may");
    let (error, text) = refused(&settings(scratch.path()));
    assert!(matches!(error, Error::Owner { owner: 0, .. }), "{text}");
}

#[test]
fn an_account_without_a_passwd_entry_is_named() {
    if !is_root() {
        return println!("skipped: needs root to become another account");
    }
    let scratch = Scratch::new();
    let text = Service::spawn(service::as_user(&scratch, 54321), &scratch.join("data")).refusal();
    assert!(
        text.starts_with("uid 54321 has no entry in /etc/passwd"),
        "{text}"
    );
}

#[test]
fn a_machine_without_postgresql_is_told_how_to_get_it() {
    let places = Path::new("/usr/lib/postgresql");
    let hide = r#"mount -t tmpfs none /usr/lib/postgresql && exec "$@""#;
    let possible = is_root() && places.is_dir() && {
        let hidden = Command::new("unshare")
            .args(["-m", "sh", "-c", hide, "sh", "true"])
            .status();
        hidden.is_ok_and(|status| status.success())
    };
    if !possible {
        return println!("skipped: cannot hide the PostgreSQL of this machine");
    }
    let scratch = Scratch::new();
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", hide, "sh"])
        .arg(std::env::current_exe().expect("this program"));
    command
        .env("PATH", "/usr/bin:/bin")
        .env_remove("MILEPOST_PG_BIN");
    let text = Service::spawn(command, &scratch.join("data")).refusal();
    assert!(
        text.starts_with(
            "no PostgreSQL found on this machine: install it (apt-get install postgresql)"
        ),
        "{text}"
    );
}

/// A small file system of its own, unmounted on drop.
struct SmallDisk(Scratch);

impl SmallDisk {
    fn new(megabytes: u32) -> Option<Self> {
        let scratch = Scratch::new();
        let mut mount = Command::new("mount");
        mount
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={megabytes}m,mode=755"),
                "none",
            ])
            .arg(scratch.path());
        (is_root() && mount.status().is_ok_and(|status| status.success())).then(|| Self(scratch))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_disk_too_small_for_a_first_start_is_named() {
    let Some(disk) = SmallDisk::new(20) else {
        return println!("skipped: cannot mount a small disk");
    };
    let (error, text) = refused(&settings(disk.0.path()));
    assert!(matches!(error, Error::DiskFull { .. }), "{text}");
    assert!(
        text.contains(&disk.0.path().display().to_string()),
        "{text}"
    );
    let left = fs::read_dir(disk.0.path())
        .expect("our own directory")
        .flatten();
    let left: Vec<_> = left
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with("pg"))
        .collect();
    assert_eq!(
        left,
        Vec::<std::ffi::OsString>::new(),
        "the attempt takes no space away"
    );
}

#[test]
fn a_disk_that_filled_up_is_named_and_once_freed_the_start_succeeds() {
    let Some(disk) = SmallDisk::new(120) else {
        return println!("skipped: cannot mount a small disk");
    };
    let server = start(disk.0.path());
    tell(&server, "create table t (n int); insert into t values (3)");
    server.stop();
    let filler = disk.0.join("filler");
    let mut file = fs::File::create(&filler).expect("our own directory");
    let full = std::io::copy(&mut std::io::repeat(0), &mut file).expect_err("it fills up");
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    drop(file); // or its space would not come free
    let (error, text) = refused(&settings(disk.0.path()));
    assert!(matches!(error, Error::DiskFull { free: 0, .. }), "{text}");
    fs::remove_file(filler).expect("our own file");
    assert_eq!(tell(&start(disk.0.path()), "select n from t"), "3");
}
