package dev.broadcaster.redis.link;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An address of Redis, in one of the forms
 *
 * <pre>
 * redis://[[user]:password@]host[:port][/database]
 * redis-sentinel://[[user]:password@]host[:port],…/master[/database]
 * redis-cluster://[[user]:password@]host[:port],…
 * </pre>
 *
 * <p>each with {@code rediss} in place of {@code redis} for TLS. User and password are percent-encoded.
 */
public final class RedisUrl {
    /** The forms of an address, for an error message. */
    public static final String FORMS = "redis://[[user]:password@]host[:port][/database],"
            + " redis-sentinel://[[user]:password@]host[:port],.../master or redis-cluster://[[user]:password@]host[:port],...;"
            + " rediss for TLS";

    private enum Kind {
        SINGLE(6379, 1),
        SENTINEL(26379, 64),
        CLUSTER(6379, 64);

        private final int port;
        private final int maxHosts;

        Kind(int port, int maxHosts) {
            this.port = port;
            this.maxHosts = maxHosts;
        }

        static Kind of(@Nullable String suffix) {
            if (suffix == null) {
                return SINGLE;
            }
            return suffix.equals("-sentinel") ? SENTINEL : CLUSTER;
        }
    }

    private static final Pattern FORM =
            Pattern.compile("(rediss?)(-sentinel|-cluster)?://(?:([^@/]*)@)?([^@/]+)(/[^@]*)?");
    private static final Pattern HOST = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::(\\d{1,5}))?");
    private static final Pattern DATABASE = Pattern.compile("\\d{1,5}");
    private static final Pattern MASTER = Pattern.compile("[A-Za-z0-9._-]+");

    private final Kind kind;
    private final boolean tls;
    private final List<Host> hosts;
    private final String master; // empty without sentinels
    private final int database;
    private final String user; // empty for none
    private final String password; // empty for none
    private final String shown;
    private final RedisAccess access;

    private RedisUrl(
            Kind kind,
            boolean tls,
            List<Host> hosts,
            String master,
            int database,
            String user,
            String password,
            String shown,
            RedisAccess access) {
        this.kind = kind;
        this.tls = tls;
        this.hosts = hosts;
        this.master = master;
        this.database = database;
        this.user = user;
        this.password = password;
        this.shown = shown;
        this.access = access;
    }

    /** The address in {@code text}, or null if there is none. */
    public static @Nullable RedisUrl parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return null;
        }
        Kind kind = Kind.of(form.group(2));
        List<Host> hosts = hosts(form.group(4), kind);
        Deque<String> path = path(form.group(5));
        String master = kind == Kind.SENTINEL ? path.poll() : "";
        String database = kind == Kind.CLUSTER || path.isEmpty() ? "0" : path.poll();
        String[] credentials = credentials(form.group(3));
        if (hosts.isEmpty()
                || credentials == null
                || master == null
                || (kind == Kind.SENTINEL && !MASTER.matcher(master).matches())
                || !DATABASE.matcher(database).matches()
                || !path.isEmpty()) {
            return null;
        }
        String shown = form.group(4) + (form.group(5) == null ? "" : form.group(5));
        boolean tls = form.group(1).equals("rediss");
        return new RedisUrl(
                kind,
                tls,
                hosts,
                master,
                Integer.parseInt(database),
                credentials[0],
                credentials[1],
                shown,
                RedisAccess.NONE);
    }

    /** What a text that is no address should have been, for an error message. It contains nothing of the text. */
    public static String expected(String text) {
        int start = text.indexOf("://") + 3;
        int end = text.lastIndexOf('@');
        boolean isRestRight =
                start > 2 && end > start && parse(text.substring(0, start) + text.substring(end + 1)) != null;
        return isRestRight && !text.substring(start, end).matches("[^:]*:")
                ? "user and password percent-encoded, with / as %2F, @ as %40, % as %25 and so on; or"
                        + " REDIS_PASSWORD_FILE, whose content needs no encoding"
                : FORMS;
    }

    /** This address, with what {@code added} says about users, passwords and TLS. */
    public RedisUrl with(RedisAccess added) {
        return new RedisUrl(kind, tls, hosts, master, database, user, password, shown, added);
    }

    public boolean hasUser() {
        return !user.isEmpty();
    }

    public boolean hasPassword() {
        return !password.isEmpty();
    }

    public boolean isTls() {
        return tls;
    }

    public boolean isSentinel() {
        return kind == Kind.SENTINEL;
    }

    public boolean isCluster() {
        return kind == Kind.CLUSTER;
    }

    /** The names or addresses of all its servers, without brackets. */
    public List<String> hostNames() {
        return hosts.stream().map(Host::name).toList();
    }

    public int database() {
        return database;
    }

    /** The address for Lettuce: one, or the seeds of a cluster. */
    List<RedisURI> uris() {
        List<RedisURI> uris = new ArrayList<>();
        if (kind == Kind.SENTINEL) {
            RedisURI uri = RedisURI.Builder.sentinel(hosts.get(0).name, hosts.get(0).port, master)
                    .build();
            uri.getSentinels().clear();
            uri.getSentinels().addAll(sentinels());
            uris.add(uri);
        } else {
            hosts.forEach(host -> uris.add(RedisURI.create(host.name, host.port)));
        }
        uris.forEach(this::configure);
        return uris;
    }

    /**
     * The Sentinels in the order in which they are asked. Without a password of their own they are asked without one, then
     * with that of Redis, because both are common.
     */
    private List<RedisURI> sentinels() {
        List<RedisURI> sentinels = new ArrayList<>();
        PasswordFile own = access.sentinelPassword();
        RedisCredentialsProvider credentials =
                own == null ? credentials() : credentials(access.sentinelUser(), own::password);
        if (own == null) {
            hosts.forEach(host -> sentinels.add(sentinel(host)));
        }
        if (credentials != null) {
            hosts.forEach(host -> {
                RedisURI sentinel = sentinel(host);
                sentinel.setCredentialsProvider(credentials);
                sentinels.add(sentinel);
            });
        }
        return sentinels;
    }

    private RedisURI sentinel(Host host) {
        RedisURI sentinel = RedisURI.create(host.name, host.port);
        sentinel.setTimeout(RedisDriver.CONNECT_TIMEOUT);
        sentinel.setSsl(tls);
        return sentinel;
    }

    /** The user and the password at Redis, read for each connection; null for none. */
    private @Nullable RedisCredentialsProvider credentials() {
        String name = access.user().isEmpty() ? user : access.user();
        PasswordFile file = access.password();
        if (file != null) {
            return credentials(name, file::password);
        }
        return password.isEmpty() ? null : credentials(name, () -> password);
    }

    private static RedisCredentialsProvider credentials(String name, Supplier<String> password) {
        return (RedisCredentialsProvider.ImmediateRedisCredentialsProvider) () -> RedisCredentials.just(
                name.isEmpty() ? null : name, password.get().toCharArray());
    }

    /** The address of a cluster node that a seed has named: with the user, the password and TLS of the seeds. */
    RedisURI uri(String host, int port) {
        RedisURI uri = RedisURI.create(host, port);
        configure(uri);
        return uri;
    }

    private void configure(RedisURI uri) {
        uri.setDatabase(database);
        uri.setSsl(tls);
        uri.setTimeout(RedisDriver.CONNECT_TIMEOUT);
        uri.setClientName("broadcaster");
        RedisCredentialsProvider credentials = credentials();
        if (credentials != null) {
            uri.setCredentialsProvider(credentials);
        }
    }

    /** The address without user and password. */
    @Override
    public String toString() {
        return shown;
    }

    private record Host(String name, int port) {}

    private static List<Host> hosts(String text, Kind kind) {
        List<Host> hosts = new ArrayList<>();
        for (String entry : text.split(",", -1)) {
            Matcher host = HOST.matcher(entry);
            if (!host.matches()) {
                return List.of();
            }
            int port = host.group(2) == null ? kind.port : Integer.parseInt(host.group(2));
            if (port < 1 || port > 65535) {
                return List.of();
            }
            hosts.add(new Host(host.group(1).replace("[", "").replace("]", ""), port));
        }
        return hosts.size() > kind.maxHosts ? List.of() : List.copyOf(hosts);
    }

    private static Deque<String> path(@Nullable String text) {
        return text == null || text.equals("/")
                ? new ArrayDeque<>()
                : new ArrayDeque<>(List.of(text.substring(1).split("/", -1)));
    }

    /** User and password, empty if absent; null if they are malformed. */
    private static String @Nullable [] credentials(@Nullable String userInfo) {
        if (userInfo == null) {
            return new String[] {"", ""};
        }
        int colon = userInfo.indexOf(':');
        String user = userInfo.substring(0, Math.max(0, colon));
        String password = userInfo.substring(colon + 1);
        try {
            return password.isEmpty() ? null : new String[] {decode(user), decode(password)};
        } catch (IllegalArgumentException e) {
            return null; // a percent sign without two digits
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
