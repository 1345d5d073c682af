-- Why a job could not be made: its id lies in a grave; its parent is not there or has ended.
select exists (select from graves where project = $1 and id = $2 and until > clock_timestamp()) as buried,
       $3::text is null or exists (select from jobs where project = $1 and id = $3
                                     and status in ('queued', 'running', 'cancelling')) as parented
