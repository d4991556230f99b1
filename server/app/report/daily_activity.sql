-- daily_activity: visits and amounts by day, facility and kind
-- $1 from date
-- $2 to date
-- $3 facility text: code; null = where the caller works
-- $4 format text: json or csv
-- result api.reply
select r.* from api.daily_activity($1, $2, $3, $4) r
