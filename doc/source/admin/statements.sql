-- Made by tools/list_statements.py.

-- get
SELECT key_pairs.id, key_pairs.user_id, key_pairs.name, key_pairs.type AS type, key_pairs.fingerprint, key_pairs.public_key, key_pairs.created_at, key_pairs.updated_at
FROM key_pairs
WHERE key_pairs.user_id = :user_id AND key_pairs.name = :name;

-- exists
SELECT key_pairs.id
FROM key_pairs
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) AND key_pairs.name = :name;

-- first page
SELECT key_pairs.name, key_pairs.type AS type, key_pairs.fingerprint, key_pairs.public_key
FROM key_pairs FORCE INDEX (uniq_key_pairs0user_id0name)
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) ORDER BY key_pairs.name
LIMIT :at_most;

-- first page with times
SELECT key_pairs.name, key_pairs.type AS type, key_pairs.fingerprint, key_pairs.public_key, key_pairs.created_at
FROM key_pairs FORCE INDEX (uniq_key_pairs0user_id0name)
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) ORDER BY key_pairs.name
LIMIT :at_most;

-- next page
SELECT key_pairs.name = :marker AS is_marker, key_pairs.name, key_pairs.type AS type, key_pairs.fingerprint, key_pairs.public_key
FROM key_pairs FORCE INDEX (uniq_key_pairs0user_id0name)
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) AND key_pairs.name >= :marker ORDER BY key_pairs.name
LIMIT :at_most;

-- next page with times
SELECT key_pairs.name = :marker AS is_marker, key_pairs.name, key_pairs.type AS type, key_pairs.fingerprint, key_pairs.public_key, key_pairs.created_at
FROM key_pairs FORCE INDEX (uniq_key_pairs0user_id0name)
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) AND key_pairs.name >= :marker ORDER BY key_pairs.name
LIMIT :at_most;

-- count
SELECT count(*) AS count_1
FROM (SELECT key_pairs.id AS id
FROM key_pairs
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) ORDER BY key_pairs.name
LIMIT :at_most) AS anon_1;

-- more than
SELECT 1
FROM key_pairs
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) ORDER BY key_pairs.name
LIMIT :at_most, 1;

-- older than
SELECT count(*) AS count_1
FROM (SELECT key_pairs.id AS id
FROM key_pairs
WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) AND key_pairs.id < :id ORDER BY key_pairs.name
LIMIT :at_most) AS anon_1;

-- insert
INSERT INTO key_pairs (created_at, name, user_id, fingerprint, public_key, type) VALUES (:created_at, :name, :user_id, :fingerprint, :public_key, :type);

-- write guard
INSERT INTO keypair_ext_quota_guard (user_id, changes) VALUES (:user_id, 1) ON DUPLICATE KEY UPDATE changes = changes + 1;

-- delete
DELETE FROM key_pairs WHERE key_pairs.user_id = :user_id AND CAST(CONVERT(key_pairs.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) AND key_pairs.name = :name;

-- ping
SELECT key_pairs.id
FROM key_pairs
WHERE false = 1;

-- quota
SELECT 'user' AS origin, project_user_quotas.hard_limit
FROM project_user_quotas
WHERE project_user_quotas.resource = 'key_pairs' AND project_user_quotas.project_id = :project_id AND project_user_quotas.user_id = :user_id AND CAST(CONVERT(project_user_quotas.user_id USING utf8mb4) AS BINARY) = CAST(CONVERT(:user_id USING utf8mb4) AS BINARY) UNION ALL SELECT 'project' AS origin, quotas.hard_limit
FROM quotas
WHERE quotas.resource = 'key_pairs' AND quotas.project_id = :project_id UNION ALL SELECT 'class' AS origin, quota_classes.hard_limit
FROM quota_classes
WHERE quota_classes.resource = 'key_pairs' AND quota_classes.class_name = 'default';

-- tables
SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE();
