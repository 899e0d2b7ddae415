package dev.broadcaster;

import java.util.Locale;

/**
 * The table of settings: every name that a node understands, once. The flags and the help of the command line and the
 * table in docs/settings.md are made from it, and {@link GatewayConfig#parse} reads nothing else. The constants are the
 * names of the environment variables.
 */
public enum Setting {
    PORT(Group.NETWORK, "number", "8000", "The public port: WebSocket and publishing. 0 takes a free one."),
    HOST(Group.NETWORK, "address", "0.0.0.0", "The address that the public port listens on."),
    BASE_PATH(Group.NETWORK, "path", "/broadcaster", "The prefix of every public path; / for none."),
    MANAGEMENT_PORT(Group.NETWORK, "number", "8001", "The port for metrics and health checks. 0 takes a free one."),
    MANAGEMENT_HOST(
            Group.NETWORK, "address", "127.0.0.1", "The address that the management port listens on: keep it private."),
    MANAGEMENT_ALLOWED_HOSTS(
            Group.NETWORK,
            "list",
            "",
            "Further names that requests to the management port may have as Host, separated by commas; *"
                    + " for any. Loopback names, MANAGEMENT_HOST and the address that a connection arrived at are"
                    + " always allowed."),
    ALLOWED_ORIGINS(
            Group.NETWORK,
            "list",
            "*",
            "The origins that browsers may connect and publish from, such as https://example.com or"
                    + " capacitor://localhost, separated by commas; null for pages without one, loopback for those of"
                    + " this machine (the default with --dev), * for any."),
    TRUSTED_PROXIES(
            Group.NETWORK,
            "list",
            "",
            "The proxies in front of the node, as addresses and ranges such as 10.0.0.0/8, separated by"
                    + " commas. For connections from them the client's address is read from X-Forwarded-For or"
                    + " Forwarded."),
    PROXY_PROTOCOL(
            Group.NETWORK,
            "true|false",
            "false",
            "Connections from TRUSTED_PROXIES begin with a header of the PROXY protocol, version 1 or 2, before TLS: the"
                    + " client's address is read from it. One without a valid header within 5 s is closed; connections"
                    + " from other addresses have none."),
    TLS_CERT(
            Group.NETWORK,
            "file",
            "",
            "The certificate chain of the public port, PEM, in any order. Without it the port speaks plain HTTP."
                    + " It is read again while the node runs, with TLS_KEY: a renewed certificate needs no"
                    + " restart."),
    TLS_KEY(Group.NETWORK, "file", "", "The private key of TLS_CERT, PEM, not encrypted: PKCS #8, PKCS #1 or SEC 1."),
    IO_THREADS(
            Group.NETWORK,
            "number",
            "0",
            "The number of threads that serve connections, at most 64; 0 for one per two processors, up" + " to 64."),
    COMPRESSION(
            Group.NETWORK,
            "true|false",
            "false",
            "Compress broadcasts of 256 bytes and more for clients that offer permessage-deflate, and"
                    + " accept compressed requests from them: fewer bytes for more CPU."),

    REDIS_URL(
            Group.FLEET,
            "url",
            "",
            "The Redis or Valkey that joins the nodes of a fleet: redis://[[user]:password@]host[:port][/database],"
                    + " redis-sentinel://host[:port],.../master or redis-cluster://host[:port],...; rediss... for TLS."
                    + " User and password are percent-encoded: / is %2F, @ is %40. Without it the node serves"
                    + " alone."),
    REDIS_USERNAME(Group.FLEET, "name", "", "The user at Redis, if it is not in REDIS_URL; not encoded."),
    REDIS_PASSWORD_FILE(
            Group.FLEET,
            "file",
            "",
            "A file that holds the password of Redis, if it is not in REDIS_URL; not encoded. It is read again for"
                    + " each connection."),
    REDIS_SENTINEL_USERNAME(Group.FLEET, "name", "", "The user at the Sentinels; without it the default user."),
    REDIS_SENTINEL_PASSWORD_FILE(
            Group.FLEET,
            "file",
            "",
            "A file that holds the password of the Sentinels. Without it they are asked without a password, then with"
                    + " the user and the password of Redis."),
    REDIS_TLS_CA(
            Group.FLEET,
            "file",
            "",
            "The certificates of the issuers that are trusted for Redis and the Sentinels, PEM. Without it those of"
                    + " the JVM. It is read again for each connection, as REDIS_TLS_CERT is."),
    REDIS_TLS_CERT(Group.FLEET, "file", "", "The certificate chain of this node as a client of Redis, PEM."),
    REDIS_TLS_KEY(Group.FLEET, "file", "", "The private key of REDIS_TLS_CERT, PEM, in the forms of TLS_KEY."),
    REDIS_PREFIX(
            Group.FLEET,
            "name",
            "broadcaster",
            "The prefix of all keys and topics in Redis; the same on every node of a fleet."),

    ALLOW_REMOTE_REDIS(
            Group.FLEET,
            "true|false",
            "false",
            "With --dev: use a REDIS_URL that is not on this machine, although the secrets of the node"
                    + " are public."),

    HISTORY(
            Group.FLEET,
            "list",
            "",
            "The channels that keep their last messages, as prefix=size/time, separated by commas:"
                    + " chat:=100/10m,orders:=1000/1h; * for every channel. The longest matching prefix applies."),

    JWT_SECRET(
            Group.ACCESS,
            "list",
            "",
            "The secrets that tokens may be signed with, at least 32 bytes each; several are separated by"
                    + " | or a comma during a change. This, JWT_SECRET_FILE, JWT_ISSUERS or JWT_PUBLIC_KEY_FILE is"
                    + " required."),
    JWT_SECRET_FILE(
            Group.ACCESS,
            "file",
            "",
            "A file that holds JWT_SECRET instead, one secret per line. It is read again while the node"
                    + " runs: a change needs no restart."),
    ALLOW_WEAK_JWT_SECRET(
            Group.ACCESS, "true|false", "false", "Accept a JWT_SECRET of less than 32 bytes, during a migration."),
    JWT_ISSUERS(
            Group.ACCESS,
            "list",
            "",
            "The identity providers whose tokens are accepted, as issuer=address, separated by commas: the exact iss of"
                    + " their tokens, and the address of their JWK Set. Example:"
                    + " https://id.example.com=https://id.example.com/.well-known/jwks.json."),
    JWT_PUBLIC_KEY_FILE(
            Group.ACCESS,
            "file",
            "",
            "A file of public keys or certificates, PEM, for tokens of other issuers. It is read again while the node"
                    + " runs, as JWT_SECRET_FILE is."),
    JWT_AUDIENCE(
            Group.ACCESS,
            "list",
            "broadcaster",
            "The names of which aud of a token must contain one, separated by commas."),
    GRANTS(
            Group.ACCESS,
            "list",
            "",
            "Channels for every valid token, in addition to its authorizedChannels, with values of its claims:"
                    + " user:{sub}:*=subscribe+publish,group:{groups[]}=subscribe,news=subscribe."),
    MAX_TOKEN_LIFE(
            Group.ACCESS,
            "duration",
            "",
            "The longest time from iat to exp of a token, 720h at most; a revocation is kept as long. Not set: tokens may"
                    + " have any life, and a revocation is kept for 720h."),
    API_KEYS(
            Group.ACCESS,
            "list",
            "",
            "The keys of servers that use REST; several are separated by | or a comma. Scopes may follow a key:"
                    + " key=publish+read+control; without scopes it may publish and read. sha256: and 64 hexadecimal"
                    + " digits stand for a key by its hash. This or API_KEYS_FILE is required."),
    API_KEYS_FILE(
            Group.ACCESS,
            "file",
            "",
            "A file that holds API_KEYS instead, one key per line. It is read again while the node runs,"
                    + " like JWT_SECRET_FILE."),

    MAX_MESSAGE_BYTES(
            Group.LIMITS,
            "bytes",
            "65536",
            "The largest message that a client may send; a larger one closes the connection (1009)."),
    MAX_BODY_BYTES(Group.LIMITS, "bytes", "1048576", "The largest body of a publish over REST (413)."),
    MAX_PENDING_BYTES(
            Group.LIMITS,
            "bytes",
            "1048576",
            "The bytes of memory that may wait for one slow client, besides the largest message, before it is"
                    + " disconnected (4409); at most 16384 before it has authenticated."),
    MAX_SUBSCRIPTIONS(Group.LIMITS, "number", "1000", "The subscriptions that one connection may have."),
    MAX_REQUEST_RATE(
            Group.LIMITS,
            "number",
            "1000",
            "The requests per second of one connection, with a burst of twice that (4429). Ten control"
                    + " frames, or ten fragments of messages, count as one request."),
    MAX_CONNECTIONS(
            Group.LIMITS,
            "number",
            "auto",
            "The WebSocket connections of this node. For one more, the oldest connection that has not"
                    + " authenticated is closed (1013); if there is none, the new one is refused (1013). A quarter"
                    + " more sockets are kept for HTTP. auto: as many as a quarter of the heap and the file"
                    + " descriptors allow; a log line states the number."),
    MAX_UNAUTHENTICATED(
            Group.LIMITS,
            "number",
            "auto",
            "The WebSocket connections that have not authenticated; for one more the oldest is closed"
                    + " (1013). auto: half of MAX_CONNECTIONS."),
    MAX_HANDSHAKE_RATE(
            Group.LIMITS,
            "number",
            "100",
            "The WebSocket handshakes per second of one address (IPv6: one /64), with a burst of ten"
                    + " times that (429); and its TLS connections (closed). Without TRUSTED_PROXIES it does not apply"
                    + " to private addresses, which may be a proxy."),
    MEMORY_BUDGET(
            Group.LIMITS,
            "percent",
            "60",
            "The memory budget in percent of the heap, 1 to 90. Unfinished request bodies may take 10"
                    + " percent of it, other input that waits 10, the histories and idempotency keys of a node"
                    + " without Redis 25, publishes in flight 10, accepted messages that no I/O thread has taken 10,"
                    + " output that waits for clients 20, unread HTTP answers 5, subscriptions 10."),
    MAX_PUBLISH_RATE(
            Group.LIMITS,
            "number",
            "0",
            "The messages per second of one API key (429) or one user, with a burst of twice that; 0 = no limit."),
    MAX_NEW_CHANNEL_RATE(
            Group.LIMITS,
            "number",
            "1000",
            "The channels per second that one API key (429) or one user may publish to, or request the"
                    + " position of, when they were not used on this node in the last half hour; with a burst of one"
                    + " minute's worth."),

    AUTH_TIMEOUT(Group.TIMES, "duration", "10s", "The time that a client has to authenticate (4401)."),
    PING_INTERVAL(
            Group.TIMES,
            "duration",
            "25s",
            "The time of silence after which a client is pinged; less than IDLE_TIMEOUT. Not set: half of"
                    + " IDLE_TIMEOUT if that is less than 25s."),
    IDLE_TIMEOUT(
            Group.TIMES,
            "duration",
            "60s",
            "The time after which a client that sends nothing, not even pongs, is closed (4408)."),
    HTTP_IDLE_TIMEOUT(
            Group.TIMES,
            "duration",
            "75s",
            "The time after which an HTTP connection without a request is closed. It has to be longer than the idle"
                    + " timeout of proxies and load balancers in front of the node."),
    DRAIN_TIMEOUT(Group.TIMES, "duration", "30s", "The time over which a stopping node closes its clients (1001)."),

    LOG_ENCODING(Group.LOGGING, "console|json", "console", "Plain lines, or one JSON object per line."),
    LOG_LEVEL(
            Group.LOGGING,
            "level",
            "info",
            "The lowest level that the node logs: error, warn, info, debug or trace. Libraries log"
                    + " warnings and errors only."),
    AUDIT_LOG(
            Group.LOGGING,
            "off|refused|all",
            "refused",
            "A log line, with the address of the client, for each refused handshake and each call that is refused because"
                    + " of its API key; with all also for each accepted handshake and each use of a key. At most 10 lines"
                    + " per second about refusals.");

    /** The topics of the settings, in the order of the help and of docs/settings.md. */
    public enum Group {
        NETWORK("Network"),
        FLEET("Fleet"),
        ACCESS("Access"),
        LIMITS("Limits (0 = no limit)"),
        TIMES("Times (250ms, 10s, 2m, 1h)"),
        LOGGING("Logging");

        private final String title;

        Group(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    private final Group group;
    private final String unit;
    private final String defaultValue;
    private final String description;

    Setting(Group group, String unit, String defaultValue, String description) {
        this.group = group;
        this.unit = unit;
        this.defaultValue = defaultValue;
        this.description = description;
    }

    /** The flag of {@code serve} that sets it: {@code --max-body-bytes} for {@code MAX_BODY_BYTES}. */
    public String flag() {
        return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public Group group() {
        return group;
    }

    /** The kind of a value: {@code bytes}, {@code duration}, {@code true|false}, … */
    public String unit() {
        return unit;
    }

    /** The default value; empty if there is none. */
    public String defaultValue() {
        return defaultValue;
    }

    /** One or two sentences for people. */
    public String description() {
        return description;
    }
}
