//! When a folded tick is to be written: in step with the hub, whose windows it should just catch. Knows moments only.

use std::time::Duration;

use tokio::time::Instant;

use super::queue::WINDOW;

/// A tick of a watched job is handed to the write so long before the hub's window opens, so that the frame which
/// leaves then has it.
const LEAD: Duration = Duration::from_millis(20);

/// When a tick that comes now is to be written. A window after the last one; but where the hub's own window is
/// closed, just before that opens: written any later, it would wait there for the window after, and every tick
/// behind it as well.
pub fn due_at(now: Instant, written: Option<Instant>, opens: Option<Instant>) -> Instant {
    let rested = written.map_or(now, |at| at + WINDOW);
    let Some(opens) = opens.filter(|opens| *opens > now) else {
        return rested;
    };
    let before = opens.checked_sub(LEAD).unwrap_or(opens);
    // Ticks for this opening have gone already: these are for the next.
    if before + WINDOW / 2 < rested {
        before + WINDOW
    } else {
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[tokio::test(start_paused = true)]
    async fn ticks_are_written_just_before_the_window_of_the_hub_opens() {
        let zero = Instant::now();
        let due = |now, written: Option<u64>, opens: Option<u64>| {
            let at = |millis| zero + ms(millis);
            due_at(at(now), written.map(at), opens.map(at)) - zero
        };
        assert_eq!(due(700, None, None), ms(700), "nothing to wait for");
        assert_eq!(due(700, Some(500), None), ms(1000), "nobody watches");
        assert_eq!(
            due(700, Some(100), Some(650)),
            ms(600),
            "the hub is free, too"
        );
        assert_eq!(due(700, Some(500), Some(1000)), ms(980), "in step");
        // A phase went ahead of its window and waits in the hub: the tick overtakes it there.
        assert_eq!(due(700, Some(100), Some(1000)), ms(980));
        assert_eq!(
            due(990, Some(980), Some(1000)),
            ms(1480),
            "one write a window"
        );
    }
}
