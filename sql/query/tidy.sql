-- What nobody needs any more: leases of jobs that have ended, graves whose time is over, outages older than any
-- lease can look back, notices beyond the newest $1 of a job.
with l as (
    delete from leases l where not exists (
        select from jobs j where j.project = l.project and j.id = l.id and j.status in ('running', 'cancelling'))
),
g as (delete from graves where until < clock_timestamp()),
o as (delete from outages where ended < clock_timestamp() - interval '2 days')
delete from history h using jobs j
where j.notices > $1 and h.project = j.project and h.id = j.id and h.notice <= j.notices - $1
