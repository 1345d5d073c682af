//! What a crash may cost: time, never truth (P1, P2, P3, P5, P10, P11, P19). The real binary, its private Postgres with
//! fsync on, and signals that ask nobody.

mod crash;
mod freeze;
mod load;
mod silence;

use serde_json::json;

use crate::support::http::Client;
use crate::support::scratch::Scratch;
use crate::support::service::Service;

/// A service on a private Postgres of its own.
pub struct Site {
    pub service: Service,
    pub folder: Scratch,
}

impl Site {
    pub fn new() -> Self {
        let folder = Scratch::new();
        let service = serve(&folder);
        Self { service, folder }
    }

    /// The postmaster, as it wrote itself down.
    pub fn postmaster(&self) -> i32 {
        let file = self.folder.join("data/pg/postmaster.pid");
        let text = std::fs::read_to_string(file).expect("a running Postgres");
        text.lines()
            .next()
            .and_then(|line| line.trim().parse().ok())
            .expect("a pid")
    }

    /// Kills the service where it stands, and starts another on the same data.
    pub fn restart(&mut self) {
        self.service.kill();
        self.service = serve(&self.folder);
    }
}

fn serve(folder: &Scratch) -> Service {
    let data = folder.join("data");
    Service::serve(&[
        "--data-dir",
        data.to_str().expect("text"),
        "--requests-per-second",
        "0",
    ])
}

/// Makes and starts a job.
pub async fn begin(client: &Client, id: &str) {
    client
        .create(
            id,
            &json!({"kind": "scan", "total": 1_000_000, "unit": "files"}),
        )
        .await;
    let started = json!({"type": "started", "worker": "w", "seq": 1});
    client.report(id, &started).await.expect(200);
}
