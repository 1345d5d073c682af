//! A headless Chromium, spoken to over its debugging pipe: it opens pages, and runs in them what a script of theirs
//! could. It ends with the pipe, so also when the tests are killed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::support::scratch::Scratch;

/// Long enough for any noisy machine; a test that gets here has failed.
const LIMIT: Duration = Duration::from_secs(90);

/// What it is called on the systems there are.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

const OPTIONS: [&str; 17] = [
    "--headless",
    "--no-sandbox",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-renderer-backgrounding",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--window-size=1280,900",
    // The name of a page that was made to point at this machine.
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
];

/// A running Chromium; it and all its processes are killed when dropped.
pub struct Chromium {
    child: Child,
    line: Arc<Line>,
    _profile: Scratch,
}

/// The pipe.
struct Line {
    to: Mutex<(ChildStdin, u64)>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
}

impl Chromium {
    /// Starts one with a profile of its own.
    pub fn start() -> Self {
        let profile = Scratch::new();
        // Its end of the pipe is expected at 3 and 4.
        let script = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;
        let mut child = Command::new("sh")
            .args(["-c", script, &binary()])
            .args(OPTIONS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let to = child.stdin.take().expect("a pipe");
        let from = child.stdout.take().expect("a pipe");
        let line = Arc::new(Line {
            to: Mutex::new((to, 0)),
            waiting: Mutex::default(),
        });
        let hearing = Arc::clone(&line);
        std::thread::spawn(move || {
            for message in BufReader::new(from).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("messages are JSON");
                hearing.hear(message);
            }
            // Who still waits learns that nothing comes any more.
            hearing.waiting.lock().unwrap().clear();
        });
        Self {
            child,
            line,
            _profile: profile,
        }
    }

    /// A new page, at this address.
    pub async fn page(&self, url: &str) -> Page {
        let blank = json!({ "url": "about:blank" });
        let target = self.line.ask("Target.createTarget", blank, None).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.line.ask("Target.attachToTarget", attach, None).await;
        let page = Page {
            line: Arc::clone(&self.line),
            session: session["sessionId"].as_str().expect("a session").to_owned(),
        };
        page.open(url).await;
        page
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).expect("a pid");
        // SAFETY: killpg() has no memory effects; the group is that of our child, which is not yet waited for.
        #[allow(unsafe_code)]
        unsafe {
            libc::killpg(group, libc::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

fn binary() -> String {
    let paths = std::env::var("PATH").unwrap_or_default();
    let found = NAMES.iter().find(|name| {
        let mut folders = paths.split(':');
        folders.any(|folder| std::path::Path::new(folder).join(name).exists())
    });
    let mend = "sudo apt-get install --no-install-recommends chromium";
    let found = found.unwrap_or_else(|| panic!("the browser tests need Chromium: {mend}"));
    (*found).to_owned()
}

impl Line {
    /// Hands an answer to who waits for it; what happened unasked has no number, and is not wanted.
    fn hear(&self, message: Value) {
        let Some(number) = message["id"].as_u64() else {
            return;
        };
        if let Some(waiting) = self.waiting.lock().unwrap().remove(&number) {
            let _ = waiting.send(message);
        }
    }

    /// Sends a command and waits for its result; `{"error": …}` where it failed.
    async fn ask(&self, method: &str, params: Value, session: Option<&str>) -> Value {
        let (answer, answered) = oneshot::channel();
        {
            let mut to = self.to.lock().unwrap();
            to.1 += 1;
            self.waiting.lock().unwrap().insert(to.1, answer);
            let mut command = json!({ "id": to.1, "method": method, "params": params });
            if let Some(session) = session {
                command["sessionId"] = json!(session);
            }
            let line = format!("{command}\0");
            to.0.write_all(line.as_bytes()).expect("Chromium listens");
            to.0.flush().expect("Chromium listens");
        }
        let answer = timeout(LIMIT, answered).await;
        let answer = answer.unwrap_or_else(|_| panic!("{method}: no answer in {LIMIT:?}"));
        let mut answer = answer.unwrap_or_else(|_| panic!("{method}: Chromium has ended"));
        match answer.get("error") {
            Some(error) => json!({ "error": error }),
            None => answer["result"].take(),
        }
    }
}

/// A page that is open.
pub struct Page {
    line: Arc<Line>,
    session: String,
}

impl Page {
    async fn ask(&self, method: &str, params: Value) -> Value {
        self.line.ask(method, params, Some(&self.session)).await
    }

    /// Goes to another address.
    pub async fn open(&self, url: &str) {
        let gone = self.ask("Page.navigate", json!({ "url": url })).await;
        assert!(gone["errorText"].is_null(), "{url}: {gone}");
        self.until("the page is there", "document.readyState === 'complete'")
            .await;
    }

    /// The value of an expression, awaited if it is a promise; `Err` is what was thrown.
    async fn try_eval(&self, expression: &str) -> Result<Value, String> {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut said = self.ask("Runtime.evaluate", params).await;
        match said.get("exceptionDetails").or(said.get("error")) {
            Some(wrong) => Err(wrong.to_string()),
            None => Ok(said["result"]["value"].take()),
        }
    }

    /// The value of an expression.
    pub async fn eval(&self, expression: &str) -> Value {
        let value = self.try_eval(expression).await;
        value.unwrap_or_else(|wrong| panic!("{expression}: {wrong}"))
    }

    /// Waits until an expression is true, also over a reload.
    pub async fn until(&self, what: &str, expression: &str) {
        let begun = Instant::now();
        while self.try_eval(expression).await != Ok(json!(true)) {
            if begun.elapsed() > LIMIT {
                let text = self.try_eval("document.body.innerText").await;
                panic!("waited {LIMIT:?} in vain for {what}: {text:?}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}
