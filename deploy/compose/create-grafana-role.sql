-- Grafana reads what the service remembers, and can change nothing. The password is the one of grafana-database-password.
CREATE ROLE grafana LOGIN PASSWORD 'demonstration-only-grafana';
GRANT pg_read_all_data TO grafana;
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '10s';
