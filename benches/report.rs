//! What a worker pays for reporting: an increment beside a plain atomic, and 10 million tracked items of 1 µs of work.
//!
//! `cargo bench --bench report`. A real service listens, and the reporter's thread looks four times a second, as in
//! any program. What is compared takes turns, a block at a time, in alternating order, so that a machine that slows
//! down slows both.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)] // a bench says what it measured, or fails

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use milepost::worker::{Job, PhaseGuard, Reporter};

#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/service.rs"]
mod service;

use numbers::{median, middle, option, quantile, sorted};
use service::Service;

/// Increments in a block.
const BLOCK: u32 = 1_000_000;
/// Items in a block: a millisecond, so that the scheduler leaves most blocks alone.
const ITEMS: usize = 1000;

fn main() {
    println!("{}", numbers::circumstances());
    let service = Service::start();
    let url = format!("http://{}", service.address);
    let reporter = Reporter::builder(&url).project("bench");
    let reporter = reporter.build().expect("a reporter");
    let job = reporter.job("bench").start();
    assert!(job.known_blocking(Duration::from_secs(30)));
    increments(&job);
    tracked(&job);
    assert!(job.complete(()).wait(Duration::from_secs(30)));
    println!("{}", numbers::circumstances());
}

/// What each kind of increment takes, in nanoseconds.
fn increments(job: &Job) {
    let (plain, phase, counter) = (AtomicU64::new(0), job.phase("count"), job.counter("n"));
    let off = Reporter::off().job("bench").start();
    // One loop for each kind, so that the call through `dyn` is once a block.
    type Block<'a> = (&'a str, Box<dyn Fn() -> f64 + 'a>);
    let blocks: [Block<'_>; 5] = [
        (
            "plain relaxed atomic",
            Box::new(|| {
                block(|| {
                    black_box(&plain).fetch_add(1, Relaxed);
                })
            }),
        ),
        (
            "phase.inc(1)",
            Box::new(|| block(|| black_box(&phase).inc(1))),
        ),
        ("job.inc(1)", Box::new(|| block(|| black_box(job).inc(1)))),
        (
            "counter.inc(1)",
            Box::new(|| block(|| black_box(&counter).inc(1))),
        ),
        (
            "job.inc(1), reporter off",
            Box::new(|| block(|| black_box(&off).inc(1))),
        ),
    ];
    let mut taken = vec![Vec::new(); blocks.len()];
    for round in 0..option("--rounds", 200_usize) {
        for turn in 0..blocks.len() {
            let at = (round + turn) % blocks.len();
            taken[at].push(blocks[at].1());
        }
    }
    println!("ns an increment | median | 5 % | 95 %");
    for ((name, _), taken) in blocks.iter().zip(&taken) {
        let rising = sorted(taken.iter().copied());
        let (low, high) = (quantile(&rising, 0.05), quantile(&rising, 0.95));
        println!("{name} | {:.2} | {low:.2} | {high:.2}", median(taken));
    }
    let _ = off.cancel("measured");
}

/// Nanoseconds of one of many.
fn block(increment: impl Fn()) -> f64 {
    let begin = Instant::now();
    for _ in 0..BLOCK {
        increment();
    }
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(BLOCK)
}

/// What tracking adds to a loop of 1 µs of work.
fn tracked(job: &Job) {
    let items: usize = option("--items", 10_000_000);
    let steps = calibrated();
    let phase: PhaseGuard = job.phase("track");
    let (mut with, mut plain) = (phase.track(0..items as u64), 0..items as u64);
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for pair in 0..items / ITEMS {
        for tracking in [pair % 2 == 0, pair % 2 != 0] {
            let begin = Instant::now();
            if tracking {
                with.by_ref().take(ITEMS).for_each(|item| work(item, steps));
            } else {
                plain
                    .by_ref()
                    .take(ITEMS)
                    .for_each(|item| work(item, steps));
            }
            let taken = begin.elapsed().as_secs_f64() * 1e9 / ITEMS as f64;
            if tracking { &mut on } else { &mut off }.push(taken);
        }
    }
    assert_eq!(with.next(), None);
    assert_eq!(phase.current(), items as u64);
    let shares: Vec<f64> = on
        .iter()
        .zip(&off)
        .map(|(a, b)| 100.0 * (a / b - 1.0))
        .collect();
    let (share, low, high) = middle(&shares);
    println!(
        "{items} items, ns of one: tracked {:.1}, plain {:.1} (medians)",
        median(&on),
        median(&off)
    );
    println!(
        "tracking adds {share:.3} % ({low:.3} to {high:.3}; median of the pairs, 95 %); limit 1"
    );
}

/// Work that no compiler can leave out.
fn work(item: u64, steps: u32) {
    let mut x = item | 1;
    for _ in 0..steps {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    black_box(x);
}

/// How many steps make 1 µs here.
fn calibrated() -> u32 {
    const MANY: u32 = 1_000_000;
    let taken = (0..20).map(|n| {
        let begin = Instant::now();
        work(n, MANY);
        begin.elapsed().as_secs_f64() * 1e9 / f64::from(MANY)
    });
    let taken: Vec<f64> = taken.collect();
    (1000.0 / median(&taken)) as u32
}
