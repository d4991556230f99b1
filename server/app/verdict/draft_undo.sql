-- draft_undo: ends a transaction that is only tried out
-- result void
select claim.undo()
