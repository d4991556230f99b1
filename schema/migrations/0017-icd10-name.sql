-- The name of a diagnosis is read from the index alone: once per diagnosis of every claim.
set local role hmis_owner;

drop index ref.icd10_code_idx;
create index icd10_code_idx on ref.icd10 (code) include (valid, name_vi);
