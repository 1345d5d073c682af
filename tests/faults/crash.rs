//! kill -9 of the service and of its Postgres, under load.

use super::Site;
use super::load::{Load, check};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_what_was_answered_survives_kill_9_of_the_service() {
    for _ in 0..2 {
        let mut site = Site::new();
        let load = Load::begin(&site.service.client).await;
        load.answers(1500).await;
        site.restart();
        let record = load.end(false).await;
        check(&site.service.client, &record).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p19_writes_go_on_by_themselves_after_kill_9_of_postgres() {
    let site = Site::new();
    let load = Load::begin(&site.service.client).await;
    for _ in 0..2 {
        load.answers(800).await;
        kill(site.postmaster());
        // These are answered by the Postgres that comes up again.
        load.answers(800).await;
    }
    let record = load.end(true).await;
    check(&site.service.client, &record).await;
    let health = site.service.client.get("/healthz").await;
    assert_eq!(health.status, 200);
}

fn kill(pid: i32) {
    // SAFETY: kill() has no memory effects; the process is the Postgres of this test.
    #[allow(unsafe_code)]
    let killed = unsafe { libc::kill(pid, libc::SIGKILL) };
    assert_eq!(killed, 0);
}
