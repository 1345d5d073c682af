-- What nobody needs any more: leases of jobs that have ended, graves whose time is over, outages older than any
-- lease can look back, notices beyond the newest $1 of a job; tickets that were not opened in time, whose token has
-- ended, or whose stream has not come back for $2 seconds.
with l as (
    delete from leases l where not exists (
        select from jobs j where j.project = l.project and j.id = l.id and j.status in ('running', 'cancelling'))
),
g as (delete from graves where until < clock_timestamp()),
o as (delete from outages where ended < clock_timestamp() - interval '2 days'),
t as (
    delete from tickets where expires_at < clock_timestamp()
       or seen_at < clock_timestamp() - make_interval(secs => $2)
       or (opened_at is null and issued_at < clock_timestamp() - interval '1 minute')
)
delete from history h using jobs j
where j.notices > $1 and h.project = j.project and h.id = j.id and h.notice <= j.notices - $1
