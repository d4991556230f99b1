-- Receipts are looked up by the gateway's transaction id: reconciliation, and answers meant for another claim.
set local role hmis_owner;

create index transmission_receipt_idx on claim.transmission (tenant_id, ma_giao_dich) where ma_giao_dich is not null;
