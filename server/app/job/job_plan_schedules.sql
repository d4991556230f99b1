-- job_plan_schedules: queues the repeating work that is due
-- result count
select job.plan_schedules() as count
