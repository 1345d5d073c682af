-- Whether this server takes durable writes.
select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only,
       current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
       current_setting('synchronous_commit') as synchronous_commit
