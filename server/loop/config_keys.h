/*
 * The configuration table. CONFIG_KEY(ID, section, name, TYPE, unit or choices, default, min, max,
 * reloadable, text). Included several times, hence no guard. Keep sections together.
 */
#define KIB INT64_C(1024)
#define MIB (INT64_C(1024) * KIB)
#define GIB (INT64_C(1024) * MIB)
#define SEC INT64_C(1000)
#define HOUR (INT64_C(3600) * SEC)

/* --- server --- */
CONFIG_KEY(SERVER_WORKERS, "server", "workers", INT, "processes", "0", 0, 32, false,
    "Worker processes; 0 means one for each processor.")
CONFIG_KEY(SERVER_JOBS, "server", "jobs", INT, "processes", "1", 0, 1, false,
    "1 runs the jobs process (claims, gateway, reports) beside the workers; 0 leaves it to another machine.")
CONFIG_KEY(SERVER_SIGNER, "server", "signer", INT, "processes", "1", 0, 1, false,
    "1 runs the signer process, which alone reads the private key.")
CONFIG_KEY(SERVER_STOP_DEADLINE, "server", "stop_deadline", TIME, "ms", "30 s", 100, HOUR, true,
    "At a stop or reload, how long accepted requests may take to finish before they are cut.")
CONFIG_KEY(SERVER_WATCHDOG, "server", "watchdog", TIME, "ms", "20 s", 500, HOUR, true,
    "A process whose loop gives no sign of life for so long is killed and restarted.")
CONFIG_KEY(SERVER_PID_FILE, "server", "pid_file", TEXT, "path", "", 0, 255, false,
    "Written by the supervisor once all processes are ready; empty for none.")
CONFIG_KEY(SERVER_USER, "server", "user", TEXT, "user name", "", 0, 64, false,
    "When started as root, workers and jobs run as this user; empty keeps the current one.")

/* --- log --- */
CONFIG_KEY(LOG_LEVEL, "log", "level", CHOICE, "debug info warn error", "info", 0, 0, true,
    "Least level of the lines written to standard error.")
CONFIG_KEY(LOG_REQUESTS, "log", "requests", BOOL, "", "yes", 0, 1, true,
    "One line for each request: route, status, time, sizes, request id; never names or bodies.")

/* --- http --- */
CONFIG_KEY(HTTP_LISTEN, "http", "listen", TEXT, "addresses", "127.0.0.1:8080", 0, 1023, false,
    "Addresses without TLS, separated by blanks: HOST:PORT, [IPV6]:PORT, *:PORT or unix:PATH.")
CONFIG_KEY(HTTP_LISTEN_TLS, "http", "listen_tls", TEXT, "addresses", "", 0, 1023, false,
    "Addresses with TLS 1.2 or later; needs tls_certificate and tls_key.")
CONFIG_KEY(HTTP_TLS_CERTIFICATE, "http", "tls_certificate", TEXT, "path", "", 0, 255, true,
    "PEM file with the certificate chain, leaf first; read again at SIGHUP.")
CONFIG_KEY(HTTP_TLS_KEY, "http", "tls_key", TEXT, "path", "", 0, 255, true,
    "PEM file with the private key of the certificate; read again at SIGHUP.")
CONFIG_KEY(HTTP_HEADER_BYTES, "http", "header_bytes", SIZE, "bytes", "16 KiB", 1 * KIB, 256 * KIB, true,
    "Request line and header fields together; a longer head is answered 431.")
CONFIG_KEY(HTTP_HEADER_COUNT, "http", "header_count", INT, "fields", "100", 8, 1000, true,
    "Header fields of one request; more are answered 431.")
CONFIG_KEY(HTTP_TARGET_BYTES, "http", "target_bytes", SIZE, "bytes", "8 KiB", 256, 64 * KIB, true,
    "Path and query of one request; longer is answered 414.")
CONFIG_KEY(HTTP_QUERY_COUNT, "http", "query_count", INT, "parameters", "64", 1, 1000, true,
    "Query parameters of one request; more are answered 400.")
CONFIG_KEY(HTTP_BODY_BYTES, "http", "body_bytes", SIZE, "bytes", "64 KiB", 0, 64 * MIB, true,
    "Body of a request whose route states no limit of its own; a larger one is answered 413.")
CONFIG_KEY(HTTP_ARENA_BYTES, "http", "arena_bytes", SIZE, "bytes", "64 MiB", 1 * MIB, 1 * GIB, true,
    "Memory that one request may use besides its body; reaching it is a defect and ends the process.")
CONFIG_KEY(HTTP_RESPONSE_BYTES, "http", "response_bytes", SIZE, "bytes", "256 MiB", 1 * MIB, 16 * GIB, true,
    "One reply; a longer one is broken off.")
CONFIG_KEY(HTTP_STREAM_QUEUE_BYTES, "http", "stream_queue_bytes", SIZE, "bytes", "256 KiB", 4 * KIB, 64 * MIB,
    true, "Bytes of a streaming reply that may wait for the client before the producer is held.")
CONFIG_KEY(HTTP_REQUESTS_PER_CONNECTION, "http", "requests_per_connection", INT, "requests", "10000", 1,
    1000000000, true, "After so many requests the server closes the connection in an orderly way.")
CONFIG_KEY(HTTP_CONNECTIONS, "http", "connections", INT, "per worker", "1000", 1, 100000, true,
    "Open connections of one worker; at the cap new ones wait in the kernel's queue.")
CONFIG_KEY(HTTP_TLS_HANDSHAKE, "http", "tls_handshake", TIME, "ms", "10 s", 100, 600 * SEC, true,
    "From accept to the end of the TLS handshake.")
CONFIG_KEY(HTTP_HEADER_DEADLINE, "http", "header_deadline", TIME, "ms", "10 s", 100, 600 * SEC, true,
    "From accept, or from the first byte of a later request, to the end of its head; late is answered 408.")
CONFIG_KEY(HTTP_BODY_DEADLINE, "http", "body_deadline", TIME, "ms", "30 s", 100, HOUR, true,
    "From the same start to the end of the body; late is answered 408.")
CONFIG_KEY(HTTP_IDLE, "http", "idle", TIME, "ms", "60 s", 100, HOUR, true,
    "How long a connection may stay open between requests.")
CONFIG_KEY(HTTP_WRITE_STALL, "http", "write_stall", TIME, "ms", "30 s", 100, HOUR, true,
    "A client that takes no byte of its reply for so long is cut off.")

/* --- database --- */
CONFIG_KEY(DATABASE_URL, "database", "url", SECRET, "conninfo or URL", "", 0, 1023, false,
    "Where PostgreSQL is: a libpq connection string or URL with a Unix socket folder or a numeric address "
    "(names are looked up while everything waits). Workers connect as hmis_worker.")
CONFIG_KEY(
    DATABASE_POOL, "database", "pool", INT, "connections", "8", 1, 64, false, "Connections of one worker.")
CONFIG_KEY(DATABASE_READ_DEPTH, "database", "read_depth", INT, "requests", "4", 1, 16, false,
    "Reads that may be under way on one connection; a write is always alone.")
CONFIG_KEY(DATABASE_WAITING, "database", "waiting", INT, "requests", "256", 0, 100000, false,
    "Requests of one worker that may wait for a connection; more are answered 503.")
CONFIG_KEY(DATABASE_CONNECT_TIMEOUT, "database", "connect_timeout", TIME, "ms", "5 s", 100, 600 * SEC, false,
    "One attempt to connect.")
CONFIG_KEY(DATABASE_STATEMENT_TIMEOUT, "database", "statement_timeout", TIME, "ms", "10 s", 10, HOUR, false,
    "A statement that runs longer is cancelled by the server (statement_timeout) and answered 503.")
CONFIG_KEY(DATABASE_BATCH_TIMEOUT, "database", "batch_timeout", TIME, "ms", "15 s", 10, HOUR, false,
    "From a request's first wish for the database to its answer, waiting included.")

/* --- session --- */
CONFIG_KEY(SESSION_IDLE, "session", "idle", TIME, "ms", "2 h", 60 * SEC, 720 * HOUR, false,
    "A session without requests ends after this time.")
CONFIG_KEY(SESSION_LIFETIME, "session", "lifetime", TIME, "ms", "14 h", 60 * SEC, 8760 * HOUR, false,
    "A session ends after this time in any case.")
CONFIG_KEY(SESSION_LOGIN_FAILURES, "session", "login_failures", INT, "attempts", "5", 2, 100, false,
    "So many wrong passwords in a row lock a user name for lock_delay, doubled with each further one up to 1 "
    "h.")
CONFIG_KEY(SESSION_LOCK_DELAY, "session", "lock_delay", TIME, "ms", "30 s", 1 * SEC, HOUR, false,
    "First lock of a user name after login_failures wrong passwords.")
CONFIG_KEY(SESSION_LOGIN_BURST, "session", "login_burst", INT, "sign-ins", "30", 1, 100000, false,
    "Sign-ins at once from one network address and worker; a third of it for one user name.")
CONFIG_KEY(SESSION_LOGIN_EVERY, "session", "login_every", TIME, "ms", "2 s", 1, HOUR, false,
    "After the burst, one sign-in per address and worker in this time.")
CONFIG_KEY(SESSION_ARGON_MEMORY, "session", "argon_memory", SIZE, "bytes", "19 MiB", 64 * KIB, 1 * GIB, false,
    "Memory of one password hash (argon2id); each of the two hashing threads takes it while it works.")
CONFIG_KEY(SESSION_ARGON_PASSES, "session", "argon_passes", INT, "passes", "2", 1, 100, false,
    "Passes of one password hash.")
CONFIG_KEY(SESSION_HASH_QUEUE, "session", "hash_queue", INT, "passwords", "32", 1, 10000, false,
    "Passwords that one worker hashes or keeps waiting; more are answered 503.")

/* --- jobs --- */
CONFIG_KEY(JOBS_DATABASE_URL, "jobs", "database_url", SECRET, "conninfo or URL", "", 0, 1023, false,
    "Where the jobs process finds PostgreSQL; it connects as hmis_jobs. Empty: no jobs process works here.")
CONFIG_KEY(
    JOBS_POOL, "jobs", "pool", INT, "connections", "8", 1, 64, false, "Connections of the jobs process.")
CONFIG_KEY(JOBS_CONCURRENCY, "jobs", "concurrency", INT, "jobs", "16", 1, 256, false,
    "Jobs that run at once, and connections to the gateway at once.")
CONFIG_KEY(JOBS_STATEMENT_TIMEOUT, "jobs", "statement_timeout", TIME, "ms", "2 min", 1 * SEC, HOUR, false,
    "A statement of a job that runs longer is cancelled by the server; the job is tried again.")

/* --- gateway --- */
CONFIG_KEY(GATEWAY_URL, "gateway", "url", TEXT, "URL", "", 0, 255, false,
    "Base of the fund's gateway, https://HOST without a path; empty: no gateway is ever contacted.")
CONFIG_KEY(GATEWAY_ACCOUNTS_FILE, "gateway", "accounts_file", TEXT, "path", "", 0, 255, false,
    "TSV with the columns username and password: the gateway accounts of the facilities.")
CONFIG_KEY(GATEWAY_MD5_UPPER, "gateway", "md5_upper", BOOL, "", "no", 0, 1, false,
    "Send the MD5 of passwords in upper case; the official guide and working clients disagree.")
CONFIG_KEY(GATEWAY_CA_FILE, "gateway", "ca_file", TEXT, "path", "", 0, 255, false,
    "PEM file of the authorities trusted for the gateway; empty for the system's.")
CONFIG_KEY(GATEWAY_CONNECT_TIMEOUT, "gateway", "connect_timeout", TIME, "ms", "5 s", 10, 600 * SEC, false,
    "One attempt to connect to the gateway.")
CONFIG_KEY(GATEWAY_TIMEOUT, "gateway", "timeout", TIME, "ms", "30 s", 10, 600 * SEC, false,
    "One call of the gateway as a whole; what was sent and not answered by then has an unknown outcome.")
CONFIG_KEY(GATEWAY_RETRY, "gateway", "retry", TEXT, "seconds", "60 300 900 3600", 1, 255, false,
    "Pauses between the tries of a job, separated by blanks; the last one repeats.")

/* --- signer --- */
CONFIG_KEY(SIGNER_SOCKET, "signer", "socket", TEXT, "path", "", 0, 107, false,
    "Unix socket on which the signer answers the jobs process; empty: claims are built unsigned and not "
    "sent.")
CONFIG_KEY(SIGNER_KEY, "signer", "key", TEXT, "path", "", 0, 255, false,
    "PEM file of the RSA key that signs for every tenant without a key of its own.")
CONFIG_KEY(SIGNER_CERTIFICATE, "signer", "certificate", TEXT, "path", "", 0, 255, false,
    "PEM file of that key's certificate, as registered with the gateway.")
CONFIG_KEY(SIGNER_KEYS_FILE, "signer", "keys_file", TEXT, "path", "", 0, 255, false,
    "TSV with the columns tenant (code), key_file and certificate_file: keys of single tenants.")
CONFIG_KEY(SIGNER_USER, "signer", "user", TEXT, "user name", "", 0, 64, false,
    "When started as root, the signer becomes this user after reading the keys; empty keeps root.")

#undef KIB
#undef MIB
#undef GIB
#undef SEC
#undef HOUR
