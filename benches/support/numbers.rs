//! What many numbers come to.

/// The value below which the share `q` (0 to 1) of `sorted` lies; the nearest rank, so one that was measured.
#[allow(dead_code)]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    let at = rank.clamp(1, sorted.len().max(1)) - 1;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// The same numbers, rising.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut all: Vec<f64> = values.into_iter().collect();
    all.sort_by(f64::total_cmp);
    all
}

/// The middle one, or the mean of the two.
#[allow(dead_code)]
pub fn median(values: &[f64]) -> f64 {
    let all = sorted(values.iter().copied());
    let half = all.len() / 2;
    match (all.len() % 2, all.get(half.wrapping_sub(1)), all.get(half)) {
        (0, Some(a), Some(b)) => f64::midpoint(*a, *b),
        (_, _, Some(b)) => *b,
        _ => f64::NAN,
    }
}

/// The mean of these numbers, and how far from it the true one may be with 95 % confidence (Student's t).
#[allow(dead_code)]
pub fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let error = (squares / (count - 1.0) / count).sqrt();
    (mean, error * student(values.len().saturating_sub(1)))
}

/// The median, and between what the true one lies with 95 % confidence (by rank, whatever the distribution): a busy
/// machine, which makes some numbers far too large, does not move it.
#[allow(dead_code)]
pub fn middle(values: &[f64]) -> (f64, f64, f64) {
    let rising = sorted(values.iter().copied());
    let (half, off) = (
        rising.len() as f64 / 2.0,
        0.98 * (rising.len() as f64).sqrt(),
    );
    let at = |rank: f64| {
        let last = rising.len().saturating_sub(1);
        rising.get((rank.max(0.0) as usize).min(last)).copied()
    };
    let nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let (low, high) = (at((half - off).floor()), at((half + off).ceil()));
    (median(values), nan(low), nan(high))
}

/// The 97.5 % quantile of Student's t; right to 1 % from 4 degrees of freedom on, to 0.1 % from 10 on.
fn student(freedom: usize) -> f64 {
    match freedom {
        0 => f64::INFINITY,
        1 => 12.706,
        2 => 4.303,
        3 => 3.182,
        _ => {
            // Cornish and Fisher's expansion around the normal quantile.
            let (z, n) = (1.959_964_f64, freedom as f64);
            let first = (z.powi(3) + z) / 4.0;
            let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
            let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
            z + first / n + second / n.powi(2) + third / n.powi(3)
        }
    }
}

/// The value of `--name VALUE` among the arguments.
pub fn option<T: std::str::FromStr>(name: &str, default: T) -> T {
    let mut arguments = std::env::args().skip_while(|a| a != name).skip(1);
    let given = arguments.next().and_then(|value| value.parse().ok());
    given.unwrap_or(default)
}

/// Whether `--name` is among the arguments.
#[allow(dead_code)]
pub fn flag(name: &str) -> bool {
    std::env::args().any(|a| a == name)
}

/// When, and how busy the machine was just before: a number is of no use without.
pub fn circumstances() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let now = jiff::Timestamp::now().strftime("%F %H:%M UTC").to_string();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    format!("{now}, {cores} cores, load {}", load.join(" "))
}
