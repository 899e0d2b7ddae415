package dev.broadcaster.cli;

import java.lang.reflect.Proxy;

/**
 * SIGTERM, SIGINT and SIGHUP, each with its own thread. A shutdown hook cannot do this: while the hooks run, the JVM accepts no
 * second signal.
 */
final class Signals {
    private Signals() {}

    /**
     * Runs {@code action} at each later SIGHUP, which otherwise ends the process without a drain. Does nothing on a system
     * without this signal.
     */
    static void onHangup(Runnable action) {
        try {
            handle("HUP", action);
        } catch (IllegalStateException e) {
            // Windows has no SIGHUP.
        }
    }

    /** Runs {@code action} at each later SIGTERM and SIGINT, a second one also while the first still runs. */
    static void onTermination(Runnable action) {
        handle("TERM", action);
        handle("INT", action);
    }

    /**
     * By reflection: javac warns about sun.misc.Signal, the warning cannot be suppressed, and warnings fail this build.
     */
    private static void handle(String name, Runnable action) {
        try {
            Class<?> signalClass = Class.forName("sun.misc.Signal");
            Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
            Object handler = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(),
                    new Class<?>[] {handlerClass},
                    (proxy, method, args) -> switch (method.getName()) {
                        case "handle" -> {
                            action.run();
                            yield null;
                        }
                        // The JVM keeps handlers in a table.
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "equals" -> args != null && args[0] == proxy;
                        default -> "broadcaster";
                    });
            Object signal = signalClass.getConstructor(String.class).newInstance(name);
            signalClass.getMethod("handle", signalClass, handlerClass).invoke(null, signal, handler);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot handle SIG" + name + ": " + Main.reason(e), e);
        }
    }
}
