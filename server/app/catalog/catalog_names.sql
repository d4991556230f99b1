-- catalog_names: the catalogues that there are
-- result api.reply
select r.* from api.catalog_names() r
