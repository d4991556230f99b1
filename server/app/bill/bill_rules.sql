-- bill_rules: the benefit rules as TSV by table, and a row `version`
-- result name text, tsv text
select r.name, r.tsv from bill.rules() r
