-- Looking a diagnosis up by its code, once per claim line: the exclusion constraint's index is ten times slower.
set local role hmis_owner;

create index icd10_code_idx on ref.icd10 (code);
