-- What is known of each file already: what this job has staged, and what is stored.
select path, step, null::bytea as hash, false as mine from examples.staged_document where job = $1
union all
select path, 'stored', hash, job = $1 from examples.document where collection = $2
