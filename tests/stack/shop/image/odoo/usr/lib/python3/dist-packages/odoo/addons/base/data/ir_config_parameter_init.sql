INSERT INTO ir_config_parameter (key, value, create_date, write_date)
SELECT k, gen_random_uuid()::text, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
FROM unnest(ARRAY['database.secret', 'database.uuid']) AS k
ON CONFLICT (key) DO NOTHING;
