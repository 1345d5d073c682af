//! Viewers that read too slowly, and those that read slowly: over real sockets, on a clock that is moved on.

use super::*;

/// As long as a frame of a job with a few phases.
fn ordinary(n: u64) -> Arc<Frame> {
    let bare = frame(&format!("j{n}"), 1, Status::Running, 11);
    let json = format!(
        r#"{{"type":"scan:progress","text":"{}"}}"#,
        "x".repeat(1_500)
    );
    let frame = Frame::new(
        bare.key.clone(),
        1,
        Status::Running,
        bare.labels.clone(),
        &json,
    );
    Arc::new(frame.written_by(11))
}

/// A viewer of everything, who is owed `frames` of an ordinary size.
async fn behind(framing: Framing, frames: u64) -> Stage {
    let stage = Stage::new(framing).await;
    let empty = Stored {
        sees: 10,
        ..Stored::default()
    };
    stage.watch(Selector::default(), (0, None), &empty).await;
    owe(&stage, 0, frames).await;
    stage
}

async fn owe(stage: &Stage, from: u64, frames: u64) {
    for n in from..from + frames {
        stage.hub.publish(ordinary(n));
    }
    while stage.hub.stamp() < from + frames {
        tokio::task::yield_now().await;
    }
}

async fn take(stage: &mut Stage, bytes: usize) {
    let mut taken = vec![0; bytes];
    let read = timeout(PATIENCE, stage.client.read_exact(&mut taken)).await;
    read.expect("there is more").expect("it is not cut");
}

/// Twenty seconds in which a viewer takes five bytes each.
async fn dribble(stage: &mut Stage) {
    for _ in 0..20 {
        take(stage, 5).await;
        later(stage, 1).await;
    }
}

/// Whether the peer's side of the connection is gone, not merely shut.
async fn is_reset(stage: Stage) -> bool {
    let Stage {
        stream, mut client, ..
    } = stage;
    drop(stream);
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, client.read_to_end(&mut rest)).await;
    read.expect("it ends").is_err()
}

#[tokio::test]
async fn who_takes_nothing_is_cut_within_twenty_seconds() {
    for framing in [Framing::Sse, Framing::Ws] {
        let stage = behind(framing, 300).await;
        for _ in 0..9 {
            later(&stage, 1).await;
        }
        assert_eq!(stage.hub.viewers(), 1, "not yet");
        for _ in 0..11 {
            later(&stage, 1).await;
        }
        assert!(!stage.stream.is_open());
        assert_eq!(stage.hub.viewers(), 0);
        assert!(is_reset(stage).await);
    }
}

#[tokio::test]
async fn who_takes_a_few_bytes_now_and_then_is_cut_as_well() {
    for framing in [Framing::Sse, Framing::Ws] {
        let mut stage = behind(framing, 300).await;
        dribble(&mut stage).await;
        assert!(!stage.stream.is_open());
        assert!(is_reset(stage).await);
    }
}

#[tokio::test]
async fn what_the_kernel_holds_for_a_viewer_counts() {
    // Little enough for our side of the socket, and too much for the other.
    let mut stage = behind(Framing::Sse, 4).await;
    assert!(stage.stream.has_room().await, "nothing waits here");
    dribble(&mut stage).await;
    assert!(!stage.stream.is_open());
    assert!(is_reset(stage).await);
}

#[tokio::test]
async fn a_slow_link_is_never_behind_for_long() {
    let mut stage = behind(Framing::Sse, 50).await;
    for second in 0..60 {
        take(&mut stage, if second < 15 { 5_000 } else { 1_500 }).await;
        owe(&stage, 50 + second, 1).await;
        later(&stage, 1).await;
        assert!(stage.stream.is_open(), "after {second} s");
    }
}

#[tokio::test]
async fn who_is_owed_what_the_hub_has_forgotten_is_sent_back_for_it() {
    let mut stage = behind(Framing::Sse, 300).await;
    // A catch-up read sees all of it: the hub need not remember it.
    stage.hub.verified(&[name("acme")], cursor(20));
    for _ in 0..60 {
        if !stage.stream.is_open() {
            break;
        }
        take(&mut stage, 5_000).await;
        later(&stage, 1).await;
    }
    assert!(!stage.stream.is_open(), "as if it had been given all");
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stage.client.read_to_end(&mut rest)).await;
    read.expect("it ends").expect("it is not reset");
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains(r#"{"reason":"too_slow"}"#), "{rest}");
    let ids: Vec<_> = rest
        .lines()
        .filter_map(|l| l.strip_prefix("id: "))
        .collect();
    assert_eq!(ids.last(), Some(&&*cursor(10).encode()));
}

#[tokio::test]
async fn a_viewer_that_says_no_more_still_has_what_it_was_sent() {
    let mut stage = behind(Framing::Sse, 4).await;
    stage.client.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stage.client.read_to_end(&mut rest)).await;
    read.expect("it ends").expect("it is not reset");
    assert!(rest.len() > 4 * 1_500);
    assert_eq!(stage.hub.viewers(), 0);
}

#[tokio::test]
async fn a_goodbye_waits_for_a_slow_link_and_not_for_a_dribble() {
    let mut slow = behind(Framing::Sse, 6).await;
    slow.stream.end(Ending::Unavailable);
    later(&slow, 6).await;
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, slow.client.read_to_end(&mut rest)).await;
    read.expect("it ends").expect("it is not reset");
    assert!(String::from_utf8_lossy(&rest).contains("unavailable"));

    let mut never = behind(Framing::Sse, 300).await;
    never.stream.end(Ending::Unavailable);
    dribble(&mut never).await;
    assert!(is_reset(never).await);
}
