-- What a job was made with, and how it stands.
select status, creation from jobs where project = $1 and id = $2
