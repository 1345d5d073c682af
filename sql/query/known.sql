-- Which of these ids exist in a project for whoever may see these owners (null = all), and whether they have ended.
select j.id, j.finished_at is not null as ended from jobs j where j.project = $1 and j.id = any($2::text[])
  and ($3::text[] is null or j.owner = any($3))
