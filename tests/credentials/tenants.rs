//! Two tenants under load: every byte that one is given, over every route and transport, is searched for what is the
//! other's. The same for two halves of one project, each with a token that is narrowed to it (see `narrowed`).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{UPGRADE, client, is_healthy, service, ticket};
use crate::auth::signer::base64url;
use crate::support::http::Client;
use crate::support::watch::{Transport, Watch};

/// How often each worker goes through its jobs.
const ROUNDS: u64 = 40;

/// What belongs to one tenant, and how it is found wherever it turns up.
pub struct Tenant {
    /// In every text of its jobs.
    pub canary: &'static str,
    /// May do all.
    pub client: Client,
    /// The owner of its jobs.
    pub owner: String,
}

impl Tenant {
    /// Ids that only this one uses.
    pub fn id(&self, n: u64) -> String {
        format!("{}-{n}", self.canary)
    }

    fn creation(&self) -> Value {
        let c = self.canary;
        json!({
            "kind": format!("{c}:scan"), "title": format!("Title of {c}"), "subject": c, "owner": self.owner,
            "metadata": { c: c }, "phases": [{ "name": c, "total": 5, "unit": c }, { "name": "last" }],
        })
    }

    /// Makes its jobs.
    pub async fn settle(&self, ids: &[String]) {
        for id in ids {
            self.client.create(id, &self.creation()).await;
        }
    }

    /// Works on jobs at speed, with its canary in all it says; deletes, retries and makes some on the way.
    pub async fn work(&self, ids: &[String]) {
        let (c, client) = (self.canary, &self.client);
        for round in 0..ROUNDS {
            for id in ids {
                let said = json!([
                    { "type": "started", "worker": c, "message": c },
                    { "type": "phase", "name": c, "message": c },
                    { "type": "progress", "current": round % 5, "message": format!("{c} {round}"), "counters": { c: round } },
                    { "type": "notice", "level": "warning", "code": c, "message": c, "data": { c: c } },
                    { "type": "progress", "metadata": { c: format!("{c} {round}") } },
                ]);
                let answer = client.report(id, &said).await;
                assert!([200, 202].contains(&answer.status), "{:?}", answer.body);
            }
            let (failed, done) = (format!("{c}-f{round}"), format!("{c}-d{round}"));
            self.settle(&[failed.clone(), done.clone()]).await;
            let error = json!({ "code": c, "message": c, "details": { c: c } });
            let ends = [
                (&failed, json!({ "type": "failed", "error": error })),
                (
                    &done,
                    json!({ "type": "completed", "result": { c: c }, "message": c }),
                ),
            ];
            for (id, end) in ends {
                client
                    .report(id, &json!([{ "type": "started", "worker": c }, end]))
                    .await
                    .expect(200);
            }
            let again = json!({ "id": format!("{c}-r{round}") });
            client
                .post(&client.path(&format!("jobs/{failed}/retry")), &again)
                .await
                .expect(201);
            let part =
                json!({ "kind": format!("{c}:part"), "parent": ids[0], "owner": self.owner });
            client.create(&format!("{c}-p{round}"), &part).await;
            let path = client.path(&format!("jobs/{done}"));
            client.send("DELETE", &path, &[], b"").await.expect(204);
        }
    }
}

/// What somebody is given, as it comes off the wire.
pub struct Tap {
    label: String,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// One that holds what is known already.
    pub fn of(label: &str, bytes: Vec<u8>) -> Self {
        Self {
            label: label.into(),
            bytes: Arc::new(Mutex::new(bytes)),
        }
    }

    /// Asks, says what is to be said over the socket, and listens for as long as anything comes.
    pub async fn open(
        tasks: &mut JoinSet<()>,
        client: &Client,
        path: &str,
        commands: &[Value],
    ) -> Self {
        let tap = Self::of(&format!("{path:.40}"), Vec::new());
        let mut request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\n",
            client.path(path),
            client.address
        );
        let upgrade = if path.starts_with("ws") {
            &UPGRADE[..]
        } else {
            &[]
        };
        let own = client.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        for (name, value) in own.chain(upgrade.iter().copied()) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let mut said = request.into_bytes();
        for command in commands {
            let text = command.to_string();
            match u8::try_from(text.len()) {
                Ok(short @ 0..126) => said.extend([0x81, 0x80 | short]),
                _ => {
                    said.extend([0x81, 0x80 | 126]);
                    said.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
                }
            }
            said.extend([0; 4]); // the mask
            said.extend(text.as_bytes());
        }
        let mut socket = TcpStream::connect(&client.address).await.unwrap();
        socket.write_all(&said).await.unwrap();
        let kept = tap.bytes.clone();
        tasks.spawn(async move {
            let mut part = vec![0; 64 * 1024];
            while let Ok(n @ 1..) = socket.read(&mut part).await {
                kept.lock().unwrap().extend_from_slice(&part[..n]);
                // A ping of the protocol, or what looks like one: an unasked pong does no harm.
                if contains(&part[..n], b"\x89\0") {
                    let _ = socket.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await;
                }
            }
        });
        tap
    }

    fn holds(&self, word: &str) -> bool {
        let bytes = self.bytes.lock().unwrap();
        let found = |text: &[u8]| contains(&bytes, text);
        // As it is, and within base64 at each of its three alignments.
        found(word.as_bytes())
            || (0..3).any(|shift| {
                let padded = [&b"\0\0"[..shift], word.as_bytes()].concat();
                let whole = base64url(&padded);
                let (from, to) = (whole.len().min(shift * 2), whole.len() - 2);
                found(&whole.as_bytes()[from..to])
            })
    }

    /// Waits until it was given this.
    pub async fn has(&self, word: &str) {
        let limit = std::time::Instant::now() + Duration::from_secs(60);
        while !self.holds(word) {
            if std::time::Instant::now() > limit {
                let bytes = self.bytes.lock().unwrap();
                let last = &bytes[bytes.len().saturating_sub(2000)..];
                let last = String::from_utf8_lossy(last).into_owned();
                panic!("{}: never {word}; last: {last}", self.label);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// It never was.
    #[track_caller]
    pub fn lacks(&self, word: &str) {
        if self.holds(word) {
            let bytes = self.bytes.lock().unwrap();
            panic!(
                "{}: {word} in {}",
                self.label,
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w == word)
}

/// What one tenant got hold of that was another's: cursors, tokens of pages, a ticket.
pub struct Loot {
    pub cursors: Vec<String>,
    pub page: String,
    pub ticket: String,
}

impl Loot {
    pub async fn of(tenant: &Tenant) -> Self {
        let client = &tenant.client;
        let mut cursors = Vec::new();
        for limit in [1, 1000] {
            let page = client
                .get(&client.path(&format!("progress?limit={limit}")))
                .await
                .expect(200);
            cursors.push(page.json()["cursor"].as_str().unwrap().to_owned());
        }
        let mut watch = Watch::open(client, Transport::Events, "", None)
            .await
            .unwrap();
        watch
            .until(|g| *g == crate::support::watch::Given::Synced)
            .await;
        cursors.extend(watch.cursor);
        let page = client
            .get(&client.path("jobs?limit=1"))
            .await
            .expect(200)
            .json();
        Self {
            cursors,
            page: page["page"].as_str().unwrap().to_owned(),
            ticket: ticket(client).await,
        }
    }
}

/// Everything that `own` can ask for that is `other`'s; what it is answered, head and body.
pub async fn ask_for_all(own: &Tenant, other: &Tenant, loot: &Loot) -> Vec<u8> {
    let (client, c, mut heard) = (&own.client, other.canary, Vec::new());
    let mut gets: Vec<String> = [
        "jobs",
        "jobs?limit=1000",
        "progress",
        "progress?limit=1000",
        "jobs?status=active",
        "jobs?status=completed",
        "jobs?status=failed&limit=1000",
        "progress?status=active",
        "progress?wait=1",
    ]
    .map(str::to_owned)
    .into();
    for condition in [
        format!("q={c}"),
        "q=Title".into(),
        "q=%25".into(),
        "q=_".into(),
        format!("kind={c}:scan"),
        format!("subject={c}"),
        format!("owner={}", other.owner),
        format!("parent={}", other.id(0)),
        format!("job={}", other.id(0)),
        format!("job={}&job={}", own.id(0), other.id(0)),
        format!("page={}", loot.page),
        format!("page={}&owner={}", loot.page, other.owner),
        "created_after=2000-01-01T00:00:00Z".into(),
    ] {
        gets.push(format!("jobs?{condition}"));
        if !condition.contains("q=")
            && !condition.contains("page=")
            && !condition.contains("created")
        {
            gets.push(format!("progress?{condition}"));
        }
    }
    for cursor in &loot.cursors {
        gets.push(format!("progress?cursor={cursor}"));
        gets.push(format!("progress?cursor={cursor}&job={}", other.id(0)));
        gets.push(format!("progress?cursor={cursor}&owner={}", other.owner));
    }
    for id in [
        other.id(0),
        other.id(1),
        format!("{c}-f0"),
        format!("{c}-d0"),
    ] {
        gets.push(format!("jobs/{id}"));
        gets.push(format!("jobs/{id}?wait=1"));
        gets.push(format!("jobs/{id}/history"));
        gets.push(format!("jobs/{id}/history?after=1&limit=2"));
    }
    for path in &gets {
        for headers in [
            &[][..],
            &[("if-none-match", "\"1\"")],
            &[("if-none-match", "*")],
        ] {
            let answer = client.send("GET", &client.path(path), headers, b"").await;
            heard.extend(format!("\nGET: {} {:?} ", answer.status, answer.headers).bytes());
            heard.extend(&answer.body);
        }
    }
    let id = other.id(0);
    let report = json!({ "type": "progress", "current": 1, "message": "x" });
    let started = json!({ "type": "started", "worker": "thief" });
    let addressed = |report: &Value| {
        let mut report = report.clone();
        report["job"] = json!(id);
        report
    };
    let posts = [
        (format!("jobs/{id}/reports"), report.clone()),
        (
            format!("jobs/{id}/reports?durable=true"),
            json!([report, started]),
        ),
        (
            "reports".to_owned(),
            json!([addressed(&report), addressed(&started), { "job": own.id(0), "type": "heartbeat" }]),
        ),
        (format!("jobs/{id}/cancel"), json!({ "reason": "x" })),
        (format!("jobs/{id}/retry"), json!({})),
        (format!("jobs/{c}-f0/retry"), json!({})),
        (format!("jobs/{c}-f0/retry"), json!({ "id": own.id(0) })),
        ("jobs".to_owned(), json!({ "kind": "scan", "parent": id })),
    ];
    for (path, body) in posts {
        let answer = client.post(&client.path(&path), &body).await;
        heard.extend(format!("\nPOST: {} {:?} ", answer.status, answer.headers).bytes());
        heard.extend(&answer.body);
        let items = answer.json()["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let refused =
            |item: &Value| [403, 404, 422].contains(&item["status"].as_u64().unwrap_or(0));
        let all = if items.is_empty() {
            refused(&answer.json())
        } else {
            items[0..items.len().min(2)].iter().all(refused)
        };
        assert!(all, "{path}: {:?}", answer.body);
    }
    let answer = client
        .send("DELETE", &client.path(&format!("jobs/{c}-f0")), &[], b"")
        .await
        .expect(404);
    heard.extend(&answer.body);
    if client.project != other.client.project {
        let mut nobody = client.clone();
        nobody.headers.clear();
        for path in ["events", "ws"] {
            let path = nobody.path(&format!("{path}?ticket={}", loot.ticket));
            let answer = nobody.send("GET", &path, &UPGRADE, b"").await;
            heard.extend(&answer.expect(401).body);
        }
    }
    heard
}

/// Streams of every kind that `own` may open, some of them for what is `other`'s.
pub async fn listen(
    tasks: &mut JoinSet<()>,
    own: &Tenant,
    other: &Tenant,
    loot: &Loot,
) -> Vec<Tap> {
    let (client, c) = (&own.client, other.canary);
    let mut nobody = client.clone();
    nobody.headers.clear();
    let cursor = &loot.cursors[0]; // one from the middle of a page; a command is told its own cursor back
    let commands: Vec<Value> = [
        json!({ "op": "subscribe", "id": 1 }),
        json!({ "op": "subscribe", "id": 2, "kind": format!("{c}:scan") }),
        json!({ "op": "subscribe", "id": 3, "job": [own.id(0), other.id(0)] }),
        json!({ "op": "subscribe", "id": 4, "job": other.id(1), "cursor": loot.cursors[1], "follow": true }),
        json!({ "op": "subscribe", "id": 5, "owner": other.owner, "cursor": loot.cursors[1] }),
        json!({ "op": "subscribe", "id": 6, "summary": true }),
        json!({ "op": "subscribe", "id": 7, "status": ["active", "failed"] }),
        json!({ "op": "cancel", "job": other.id(0) }),
        json!({ "op": "subscribe", "id": 8, "parent": other.id(0) }),
    ]
    .into();
    let mut taps = Vec::new();
    for (path, says) in [
        ("events".to_owned(), &[][..]),
        ("events?status=active".into(), &[]),
        (format!("events?follow=true&cursor={cursor}"), &[]),
        (format!("events?ticket={}", ticket(client).await), &[]),
        ("ws".into(), &commands[..]),
        (format!("ws?status=active&cursor={cursor}"), &commands[..3]),
        (format!("ws?ticket={}", ticket(client).await), &commands[..]),
    ] {
        let by = if path.contains("ticket") {
            &nobody
        } else {
            client
        };
        taps.push(Tap::open(tasks, by, &path, says).await);
    }
    taps
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_one_tenant_reaches_the_other() {
    let (_database, service) = service(&["--requests-per-second", "0"]).await;
    let tenant = |project: &str, canary: &'static str| Tenant {
        canary,
        client: client(&service, json!({ "projects": [project], "sub": canary })).about(project),
        owner: canary.to_owned(),
    };
    let pair = [
        tenant("alpha", "canaryalpha7"),
        tenant("beta", "canarybeta9"),
    ];
    // The same ids in both, and ids that give away whose they are.
    let ids = |t: &Tenant| {
        vec![
            t.id(0),
            t.id(1),
            "shared-0".to_owned(),
            "shared-1".to_owned(),
        ]
    };
    let mut loot = Vec::new();
    for tenant in &pair {
        tenant.settle(&ids(tenant)).await;
        loot.push(Loot::of(tenant).await);
    }
    let mut tasks = JoinSet::new();
    let mut taps: [Vec<Tap>; 2] = [Vec::new(), Vec::new()];
    for (n, m) in [(0, 1), (1, 0)] {
        taps[n] = listen(&mut tasks, &pair[n], &pair[m], &loot[m]).await;
        let tiles = Tap::open(&mut tasks, &pair[n].client, "events?summary=true", &[]).await;
        taps[n].push(tiles);
    }
    let asking = async |n: usize, m: usize| {
        let mut heard = ask_for_all(&pair[n], &pair[m], &loot[m]).await;
        // By its name, too, where the token is for the other.
        let foreign = pair[n].client.about(&pair[m].client.project);
        for path in [
            "jobs",
            "summary",
            "progress",
            &format!("jobs/{}", pair[m].id(0)),
            "jobs/shared-0",
        ] {
            heard.extend(&foreign.get(&foreign.path(path)).await.expect(403).body);
        }
        heard.extend(&pair[n].client.get("/metrics").await.expect(200).body);
        heard.extend(
            &pair[n]
                .client
                .get(&pair[n].client.path("summary"))
                .await
                .expect(200)
                .body,
        );
        heard
    };
    let (of_alpha, of_beta) = (ids(&pair[0]), ids(&pair[1]));
    let ((), (), first, second) = tokio::join!(
        pair[0].work(&of_alpha),
        pair[1].work(&of_beta),
        asking(0, 1),
        asking(1, 0)
    );
    taps[0].push(Tap::of("answers", first));
    taps[1].push(Tap::of("answers", second));
    // Once more, now that all is there.
    for (n, m) in [(0, 1), (1, 0)] {
        let heard = asking(n, m).await;
        taps[n].push(Tap::of("answers", heard));
        pair[n]
            .settle(&[format!("{}-the-end", pair[n].canary)])
            .await;
    }
    for (n, m) in [(0, 1), (1, 0)] {
        let streams = taps[n].len() - 2;
        for tap in &taps[n][..streams] {
            tap.has(&format!("{}-the-end", pair[n].canary)).await; // the tap works, up to now
        }
        for tap in &taps[n] {
            tap.has(pair[n].canary).await;
            tap.lacks(pair[m].canary);
        }
        // Nothing was done to what is the other's.
        let state = pair[n]
            .client
            .get(&pair[n].client.path(&format!("jobs/{}", pair[n].id(0))))
            .await
            .json();
        assert_eq!(state["data"]["cancel"], Value::Null);
        assert!(
            state["data"]["message"]
                .as_str()
                .unwrap()
                .contains(pair[n].canary)
        );
    }
    let log = service.log();
    for tenant in &pair {
        let token = &tenant.client.headers[0].1;
        assert!(!log.contains(token.rsplit_once('.').unwrap().1));
    }
    is_healthy(&log);
}
