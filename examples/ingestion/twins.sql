-- Documents before this one that share anything with it: of this ingestion, and of the collection as it is stored.
select path, sketch from examples.staged_document where job = $1 and path < $3 and sketch && $4
union
select path, sketch from examples.document where collection = $2 and path < $3 and sketch && $4
