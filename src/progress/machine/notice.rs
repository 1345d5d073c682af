//! `notice`: numbered from 1 over the whole life of the job, the newest kept in the state, and no flood of them.

use crate::progress::{Effect, Event, EventData, Refusal};
use crate::progress::{
    Happening, Job, NOTICES_PER_SECOND, Notice, RECENT_NOTICES, Said, Timestamp,
};

/// Takes a notice; the job may be queued.
pub(super) fn notice(job: &mut Job, said: &Said, now: Timestamp) -> Result<Effect, Refusal> {
    let Said::Notice {
        level,
        code,
        message,
        data,
    } = said
    else {
        return Ok(Effect::heard());
    };
    let second = now.0.div_euclid(1000);
    let (last, before) = job.memory.notice_second;
    let so_far = if last == second { before } else { 0 };
    if so_far >= NOTICES_PER_SECOND {
        return Err(Refusal::TooManyNotices);
    }
    job.memory.notice_second = (second, so_far + 1);
    job.notices += 1;
    let notice = Notice {
        number: job.notices,
        at: now,
        level: *level,
        code: code.clone(),
        message: message.clone(),
        data: data.clone(),
    };
    job.recent.push(notice.clone());
    let surplus = job.recent.len().saturating_sub(RECENT_NOTICES);
    job.recent.drain(..surplus);
    let mut effect = Effect::heard();
    effect.happened(Happening::Notice);
    effect.events.push(Event {
        what: Happening::Notice,
        data: EventData::Notice(notice),
    });
    Ok(effect)
}
