//! What many numbers come to.

/// The value below which the share `q` (0 to 1) of `sorted` lies; the nearest rank, so one that was measured.
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
