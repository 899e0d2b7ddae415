package dev.broadcaster.fleet;

import dev.broadcaster.testing.ChildProcess;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * {@link Attackers} in a process of their own, so that they cannot take the heap, or the priority, of the honest
 * clients. For one thread.
 */
final class AttackerProcess implements AutoCloseable {
    private static final int END_SECONDS = 20;

    private final Process process;

    private AttackerProcess(Process process) {
        this.process = process;
    }

    /** Starts the attackers of a plan, of these kinds; they have begun when this returns. */
    static AttackerProcess start(StormPlan plan, List<Attack> kinds, StormNode node) throws IOException {
        List<String> command = new ArrayList<>();
        if (plan.first()) {
            command.addAll(List.of("chrt", "-o", "0", "nice", "-n", "19"));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                AttackerProcess.class.getName(),
                Integer.toString(node.port(0)),
                Boolean.toString(node.usesTls()),
                Integer.toString(plan.attackers()),
                Long.toString(plan.seed()),
                kinds.stream().map(Attack::name).collect(Collectors.joining(","))));
        Process process =
                ChildProcess.spawn(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT));
        if (process.getInputStream().read() != '.') {
            throw new IOException("the attackers did not start");
        }
        return new AttackerProcess(process);
    }

    /** Ends them; returns the number of connections that each kind has made. */
    String stop() throws IOException {
        process.getOutputStream().close();
        String made = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            process.waitFor(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return made;
    }

    @Override
    public void close() {
        ChildProcess.kill(process);
    }

    /** Attacks until the standard input ends: port, TLS or not, number of each kind, seed, kinds. */
    public static void main(String[] args) throws IOException, GeneralSecurityException {
        Target target = new Target(Integer.parseInt(args[0]), Boolean.parseBoolean(args[1]) ? tls() : null);
        List<Attack> kinds =
                Arrays.stream(args[4].split(",")).map(Attack::valueOf).toList();
        try (Attackers attackers = Attackers.start(target, kinds, Integer.parseInt(args[2]), Long.parseLong(args[3]))) {
            System.out.print('.');
            System.out.flush();
            System.in.read();
            System.out.print(attackers);
            System.out.flush();
        }
        System.exit(0);
    }

    private static SSLSocketFactory tls() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        return context.getSocketFactory();
    }

    /** An attacker does not mind whom it attacks. */
    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private record Target(int port, @Nullable SSLSocketFactory tls) implements TrafficTarget {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public int port(int number) {
            return port;
        }

        @Override
        public int portInService(int preferred) {
            return port;
        }

        @Override
        public Socket over(Socket connected) throws IOException {
            return tls == null ? connected : tls.createSocket(connected, "127.0.0.1", port, true);
        }

        @Override
        public String log() {
            return "";
        }
    }
}
