-- Removes what was found before in the files or by the rules checked now, and is not found any more.
delete from examples.scanned_finding as old
where repository = $1
  and (path = any($2::text[]) or rule = any($3::text[]))
  and not exists (
      select from unnest($4::text[], $5::text[], $6::text[]) as now (path, rule, subject)
      where (now.path, now.rule, now.subject) = (old.path, old.rule, old.subject))
