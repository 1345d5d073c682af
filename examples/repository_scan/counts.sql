-- Findings by severity, and documents that are not valid: those with more than minor findings.
select count(*) filter (where severity = 'critical'), count(*) filter (where severity = 'major'),
       count(*) filter (where severity = 'minor'), count(distinct path) filter (where severity <> 'minor')
from examples.scanned_finding where repository = $1
