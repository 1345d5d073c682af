//! H. Frames of a WebSocket: each fault has its close code, said before the connection is closed.

use super::socket::{Socket, Told, UPGRADE, frame, text};
use super::support::{Target, bare, running, section, until};

#[tokio::test]
async fn every_fault_has_its_code() {
    section(&[], async |target, project| {
        running(target, project, "j").await;
        let mut wrong = Vec::new();
        for (name, bytes, code) in faults() {
            if let Err(why) = fault(target, project, &bytes, code).await {
                wrong.push(format!("row {name}: {why}"));
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        fine(target, project).await;
        eager(target, project).await;
        nothing_counts_after_the_close(target, project).await;
        tokio::join!(
            no_reply_to_the_close(target, project),
            floods(target, project),
            half_closed(target, project),
            cut_anywhere(target, project),
        );
    })
    .await;
}

/// Rows 175 to 186: what is sent, and the code it is answered with.
fn faults() -> Vec<(String, Vec<u8>, u16)> {
    let mut all = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, code: u16| all.push((name.to_owned(), bytes, code));
    let unmasked = |first: u8| vec![first, 2, b'{', b'}'];
    let long =
        |first: u8, length: u64| [&[first, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
    let close = |code: u16| frame(0x88, &code.to_be_bytes());
    add("175 text", unmasked(0x81), 1002);
    add("175 ping", unmasked(0x89), 1002);
    add("175 close", vec![0x88, 2, 3, 0xe8], 1002);
    for rsv in [0x40, 0x20, 0x10, 0x70] {
        add("176", frame(0x81 | rsv, b"{}"), 1002);
        add("176 in a control", frame(0x89 | rsv, b""), 1002);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        add(&format!("177 {opcode}"), frame(0x80 | opcode, b""), 1002);
    }
    add("178 fragmented ping", frame(0x09, b""), 1002);
    add("178 fragmented close", frame(0x08, b""), 1002);
    add("178 ping of 126", frame(0x89, &[0; 126]), 1002);
    add("178 close of 126", frame(0x88, &[0; 126]), 1002);
    add("178 pong of 70,000", frame(0x8a, &[0; 70_000]), 1002);
    add("179 nothing to continue", frame(0x80, b"x"), 1002);
    add(
        "179 text inside fragments",
        [frame(0x01, b"{"), text("}")].concat(),
        1002,
    );
    add("181 2^62", long(0x81, 1 << 62), 1009);
    add("181 top bit", long(0x81, 1 << 63), 1002);
    add("181 all bits", long(0x81, u64::MAX), 1002);
    add(
        "181 not the shortest",
        [&[0x81, 0xfe, 0, 2, 0, 0, 0, 0][..], b"{}"].concat(),
        1002,
    );
    add("182 one frame", frame(0x81, &[b' '; 16_385]), 1009);
    add("182 its header alone", long(0x81, 70_000), 1009);
    let half = [b' '; 9000];
    add(
        "183",
        [frame(0x01, &half), frame(0x80, &half)].concat(),
        1009,
    );
    let many = [frame(0x01, b" "), frame(0x00, &[b' '; 100]).repeat(164)].concat();
    add("183 many", many, 1009);
    add("185", frame(0x81, b"\xff"), 1007);
    add(
        "185 split",
        [frame(0x01, b"\xe2\x82"), frame(0x80, b"x")].concat(),
        1007,
    );
    add("185 cut", frame(0x81, b"\xe2\x82"), 1007);
    add("185 before the end", frame(0x01, b"{\xc0\xaf"), 1007);
    add("x1 overlong", frame(0x81, b"\xc0\x80"), 1007);
    add("x1 overlong in three", frame(0x81, b"\xe0\x80\x80"), 1007);
    add("x1 a surrogate", frame(0x81, b"\xed\xa0\x80"), 1007);
    add("x1 beyond Unicode", frame(0x81, b"\xf4\x90\x80\x80"), 1007);
    add("186", frame(0x82, b"{}"), 1003);
    add("186 in fragments", frame(0x02, b"{}"), 1003);
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535,
    ] {
        add(&format!("x2 close {code}"), close(code), 1002);
    }
    add("x3 close of one byte", frame(0x88, b"\x03"), 1002);
    add(
        "x4 close with bad UTF-8",
        frame(0x88, b"\x03\xe8\xff"),
        1007,
    );
    for code in [1000, 1001, 1003, 1007, 1011, 3000, 4999] {
        add(&format!("x5 close {code}"), close(code), code);
    }
    add("x5 close without a code", frame(0x88, b""), 1000);
    all
}

/// Sends the bytes; the service says the code, closes, and says nothing more.
async fn fault(target: &Target, project: &str, bytes: &[u8], code: u16) -> Result<(), String> {
    let mut socket = Socket::open(target, project, "").await;
    socket.send(bytes).await;
    let (_, said) = socket.ending().await;
    if said != code {
        return Err(format!("{said} instead of {code}"));
    }
    match socket.next().await {
        Told::Eof => Ok(()),
        more => Err(format!("{more:?} behind the close")),
    }
}

/// x6: what looks odd and is allowed. Pings between fragments, empty fragments, an escape in every letter.
async fn fine(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "").await;
    let bytes = [
        frame(0x01, br#"{"op":"unsub"#),
        frame(0x89, b"between"),
        frame(0x00, b"").repeat(5000),
        frame(0x8a, b"never asked for"),
        frame(0x80, br#"scribe","id":7}"#),
    ];
    socket.send(&bytes.concat()).await;
    assert_eq!(
        socket.next().await,
        Told::Pong(b"between".to_vec()),
        "row x6"
    );
    assert_eq!(socket.message().await["type"], "unsubscribed", "row x6");
    socket.send(&frame(0x89, &[0xff; 125])).await;
    assert_eq!(socket.next().await, Told::Pong(vec![0xff; 125]), "row x6");
    socket
        .send(&text(r#"{"\u006fp":"\u0075nsubscribe","id":8}"#))
        .await;
    assert_eq!(socket.message().await["id"], 8, "row x6");
}

/// x8: a client that does not wait for the answer to its handshake.
async fn eager(target: &Target, project: &str) {
    let path = format!("/v1/projects/{project}/ws");
    let eager = [
        bare("GET", &path, UPGRADE),
        frame(0x89, b"early"),
        frame(0x82, b""),
    ]
    .concat();
    let (told, _) = until(target.address(), &eager, "text_only").await;
    let pong = told.find("\u{5}early").expect("row x8: a pong");
    assert!(
        told.starts_with("HTTP/1.1 101 ") && told.find("\r\n\r\n") < Some(pong),
        "row x8: {told:?}"
    );
}

/// Row 188: behind a close nothing is heard.
async fn nothing_counts_after_the_close(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "job=j").await;
    socket.until("synced").await;
    let cancel = text(r#"{"op":"cancel","job":"j"}"#);
    let bytes = [
        frame(0x88, &1000_u16.to_be_bytes()),
        cancel,
        frame(0x89, b""),
        frame(0x88, b"x"),
    ];
    socket.send(&bytes.concat()).await;
    assert_eq!(
        socket.next().await,
        Told::Close(1000, String::new()),
        "row 188"
    );
    assert_eq!(socket.next().await, Told::Eof, "row 188");
    let job = format!("/v1/projects/{project}/jobs/j");
    let job = target.service.client.get(&job).await.expect(200).json();
    assert_eq!(
        job["data"]["status"], "running",
        "row 188: a command was heard after the close"
    );
}

/// Row 189: who does not answer the close is dropped all the same.
async fn no_reply_to_the_close(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "").await;
    socket.send(&text("?").repeat(3)).await;
    while socket.next().await != Told::Close(4400, "bad_command".to_owned()) {}
    assert_eq!(socket.next().await, Told::Eof, "row 189");
}

/// Row 190: ten thousand pings at once get what a second allows, and then the end. Unasked pongs cost nothing.
async fn floods(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "").await;
    socket.send(&frame(0x8a, b"").repeat(10_000)).await;
    socket.send(&frame(0x89, b"x").repeat(10_000)).await;
    let (told, code) = socket.ending().await;
    assert_eq!(code, 4429, "row 190");
    let pongs = told.iter().filter(|t| matches!(t, Told::Pong(_))).count();
    assert!(pongs <= 40, "row 190: {pongs} pongs"); // 20 a second, and one second may end meanwhile
    let retry = |t: &Told| matches!(t, Told::Text(t) if t.contains("retry_after_seconds"));
    assert!(told.iter().any(retry), "row 190: {told:?}");
}

/// Row 192: who says that nothing more comes has left.
async fn half_closed(target: &Target, project: &str) {
    let mut socket = Socket::open(target, project, "job=j").await;
    socket.until("synced").await;
    socket.shut().await;
    while socket.next().await != Told::Eof {}
}

/// x7: a connection that is cut within a frame, at any byte of it.
async fn cut_anywhere(target: &Target, project: &str) {
    let whole = text(&format!(
        r#"{{"op":"subscribe","id":1,"cursor":"{}"}}"#,
        "A".repeat(200)
    ));
    for length in [1, 2, 3, 5, 8, 9, 100] {
        let mut socket = Socket::open(target, project, "").await;
        socket.send(&whole[..length]).await;
        socket.shut().await;
        while socket.next().await != Told::Eof {}
    }
}
