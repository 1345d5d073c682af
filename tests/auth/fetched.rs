//! Keys of others at an address: a real server that answers well, badly, or not at all. Where the clock is paused,
//! the minutes between looks pass at once.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use milepost::auth::source::BadSource;
use milepost::auth::{Denied, JwksSource, Settings, Verifier};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use super::signer::{Signer, jwks};
use super::{SECRET, claims, now, run, secret, until, with_jwks};

#[derive(Debug, Clone)]
enum Answer {
    Keys(String),
    /// These keys where it was pointed on to; to whoever asks for `/keys`, trouble.
    KeysThere(String),
    KeysFor(String, &'static str),
    Status(u16),
    To(String),
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Keys(text) | Self::KeysThere(text) => text.into_response(),
            Self::KeysFor(text, control) => {
                ([(header::CACHE_CONTROL, control)], text).into_response()
            }
            Self::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Self::To(place) => (StatusCode::FOUND, [(header::LOCATION, place)]).into_response(),
        }
    }
}

/// Whoever gives out keys: the answers in their order, the last one for ever. Counts who asks, and when.
#[derive(Clone)]
struct Giver {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: watch::Sender<Vec<Instant>>,
    port: u16,
}

impl Giver {
    async fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let giver = Self {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: watch::Sender::default(),
            port: listener.local_addr().unwrap().port(),
        };
        let routes = Router::new().fallback(answer).with_state(giver.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        giver
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/keys", self.port)
    }

    fn asked(&self) -> usize {
        self.asked.borrow().len()
    }

    /// Waits until it was asked `times` times. On a paused clock, the time up to then passes at once.
    async fn asked_at_least(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        asked.wait_for(|asked| asked.len() >= times).await.unwrap();
    }

    fn say(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.answers.lock().unwrap() = answers.into_iter().collect();
    }
}

async fn answer(State(giver): State<Giver>, place: Uri) -> Answer {
    giver.asked.send_modify(|asked| asked.push(Instant::now()));
    let mut answers = giver.answers.lock().unwrap();
    let answer = match answers.len() {
        1 => answers[0].clone(),
        _ => answers.pop_front().unwrap(),
    };
    match answer {
        Answer::KeysThere(_) if place.path() == "/keys" => Answer::Status(503),
        answer => answer,
    }
}

fn keys(signers: &[(&Signer, &str)]) -> Answer {
    let all: Vec<_> = signers.iter().map(|(s, kid)| s.jwk(Some(kid))).collect();
    Answer::Keys(jwks(&all))
}

async fn running(giver: &Giver) -> (Verifier, impl Sized) {
    let verifier = Verifier::open(with_jwks(&giver.url())).unwrap();
    assert!(!verifier.ready());
    let running = run(&verifier);
    until("the first keys", || verifier.ready()).await;
    (verifier, running)
}

#[tokio::test]
async fn a_token_of_a_new_key_makes_us_ask_once_however_many_bring_it() {
    let (old, new) = (Signer::ed(), Signer::rsa());
    let giver = Giver::of([keys(&[(&old, "1")])]).await;
    let (verifier, _running) = running(&giver).await;
    assert_eq!(giver.asked(), 1);
    giver.say([keys(&[(&old, "1"), (&new, "2")])]);
    let token = new.token(Some("2"), &claims());
    let many = (0..50).map(|_| verifier.verify(&token, now()));
    for said in futures_util::future::join_all(many).await {
        said.unwrap();
    }
    assert_eq!(giver.asked(), 2);
    // They have used up one of three chances, not all.
    for times in [3, 4] {
        let newest = Signer::ec();
        giver.say([keys(&[(&old, "1"), (&newest, "2")])]);
        let token = newest.token(Some("2"), &claims());
        verifier.verify(&token, now()).await.unwrap();
        assert_eq!(giver.asked(), times);
    }
    verifier
        .verify(&old.token(Some("1"), &claims()), now())
        .await
        .unwrap();
    assert_eq!(giver.asked(), 4);
}

#[tokio::test]
async fn a_flood_of_foreign_keys_makes_us_ask_a_few_times_only() {
    let (ours, foreign) = (Signer::ed(), Signer::ed());
    let giver = Giver::of([keys(&[(&ours, "1")])]).await;
    let (verifier, _running) = running(&giver).await;
    let begun = std::time::Instant::now();
    for n in 0..300 {
        let token = foreign.token(Some(&format!("foreign-{n}")), &claims());
        assert_eq!(
            verifier.verify(&token, now()).await.err(),
            Some(Denied::Bad)
        );
    }
    let most = 1 + 3 + 1 + begun.elapsed().as_secs() / 10;
    assert!(giver.asked() as u64 <= most, "{} times", giver.asked());
    verifier
        .verify(&ours.token(Some("1"), &claims()), now())
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn failures_of_every_kind_leave_the_old_keys() {
    let (old, new) = (Signer::ec(), Signer::ed());
    let giver = Giver::of([keys(&[(&old, "1")])]).await;
    let (verifier, _running) = running(&giver).await;
    let token = old.token(Some("1"), &claims());
    let key = verifier.verify(&token, now()).await.unwrap().key.unwrap();
    let stolen = jwks(&[new.jwk(Some("2"))]);
    let to = |place: &str| Answer::To(place.into());
    let bad = [
        Answer::Status(500),
        Answer::Status(404),
        Answer::Status(204),
        Answer::Keys("<html>".into()),
        Answer::Keys(String::new()),
        Answer::Keys(format!("{stolen}{}", " ".repeat(1024 * 1024))),
        // That place is this machine too, but not by a name that says so: it stands for any other.
        to(&format!("http://0.0.0.0:{}/there", giver.port)),
        to("ftp://127.0.0.1/"),
    ];
    let bad = bad.into_iter().map(|answer| vec![answer]);
    let four_times = vec![to("/there"); 4];
    for mut answers in bad.chain([four_times]) {
        let (before, what) = (giver.asked(), format!("{:.60?}", answers[0]));
        let times = answers.len();
        answers.extend([Answer::KeysThere(stolen.clone()), Answer::Status(503)]);
        giver.say(answers);
        giver.asked_at_least(before + times + 3).await;
        assert!(verifier.holds(key), "{what}");
        assert!(verifier.verify(&token, now()).await.is_ok(), "{what}");
    }
    let [there, full] = ["/there", &format!("http://localhost:{}/", giver.port)].map(to);
    giver.say([there, full, to("?x"), Answer::Keys(stolen)]);
    until("the new keys", || !verifier.holds(key)).await;
    assert!(
        verifier
            .verify(&new.token(Some("2"), &claims()), now())
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_good_for_as_long_as_it_says_within_bounds() {
    let signer = Signer::ed();
    let set = || jwks(&[signer.jwk(None)]);
    let rows = [
        (None, 300),
        (Some("public, max-age=60, must-revalidate"), 60),
        (Some("Max-Age=\"90\""), 90),
        (Some("max-age=1"), 30),
        (Some("max-age=999999"), 3600),
        (Some("max-age=x"), 300),
        (Some("no-store"), 300),
    ];
    for (control, seconds) in rows {
        let answer = match control {
            None => Answer::Keys(set()),
            Some(control) => Answer::KeysFor(set(), control),
        };
        let giver = Giver::of([answer]).await;
        let (_verifier, _running) = running(&giver).await;
        giver.asked_at_least(2).await;
        let asked = giver.asked.borrow().clone();
        let gap = asked[1].duration_since(asked[0]).as_secs();
        assert!((seconds..=seconds + 1).contains(&gap), "{control:?}: {gap}");
    }
}

#[tokio::test(start_paused = true)]
async fn before_the_first_answer_nobody_can_be_judged_but_by_our_secret() {
    let signer = Signer::ed();
    let giver = Giver::of([Answer::Status(503)]).await;
    let (theirs, ours) = (
        signer.token(None, &claims()),
        Signer::secret(SECRET).token(None, &claims()),
    );
    let alone = Verifier::open(with_jwks(&giver.url())).unwrap();
    let both = Settings {
        secrets: vec![secret()],
        ..with_jwks(&giver.url())
    };
    let both = Verifier::open(both).unwrap();
    // Also where nobody looks for keys yet.
    assert_eq!(
        alone.verify(&theirs, now()).await.err(),
        Some(Denied::Unavailable)
    );
    let _running = (run(&alone), run(&both));
    giver.asked_at_least(8).await;
    assert!(!alone.ready() && both.ready());
    assert_eq!(
        alone.verify(&theirs, now()).await.err(),
        Some(Denied::Unavailable)
    );
    assert_eq!(
        both.verify(&theirs, now()).await.err(),
        Some(Denied::Unavailable)
    );
    assert_eq!(alone.verify(&ours, now()).await.err(), Some(Denied::Bad));
    let key = both.verify(&ours, now()).await.unwrap().key.unwrap();
    giver.say([Answer::Keys(jwks(&[signer.jwk(None)]))]);
    until("the first keys", || alone.ready()).await;
    assert!(alone.verify(&theirs, now()).await.is_ok());
    let key_of_others = alone.verify(&theirs, now()).await.unwrap().key.unwrap();
    until("them there too", || both.holds(key_of_others)).await;
    assert!(both.holds(key), "our secret stays");
}

#[tokio::test]
async fn whoever_does_not_answer_is_waited_for_a_few_seconds_only() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap(); // takes connections, says nothing
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let verifier = Verifier::open(with_jwks(&url)).unwrap();
    let _running = run(&verifier);
    let token = Signer::ed().token(None, &claims());
    let said = tokio::time::timeout(Duration::from_secs(60), verifier.verify(&token, now())).await;
    assert_eq!(said.unwrap().err(), Some(Denied::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_trusted_certificate_gives_no_keys() {
    // It speaks no TLS at all; what matters is that https is spoken, by a provider that is there.
    let giver = Giver::of([keys(&[(&Signer::ed(), "1")])]).await;
    let url = giver.url().replace("http://", "https://");
    let verifier = Verifier::open(with_jwks(&url)).unwrap();
    let _running = run(&verifier);
    tokio::time::sleep(Duration::from_secs(20)).await; // several tries, on the paused clock
    assert!(!verifier.ready());
    assert_eq!(giver.asked(), 0);
}

#[test]
fn plain_http_to_others_is_no_source() {
    assert_eq!(
        JwksSource::parse("http://0.0.0.0:1/keys"),
        Err(BadSource::Plain)
    );
}
