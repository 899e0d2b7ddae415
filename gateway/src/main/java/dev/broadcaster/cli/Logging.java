package dev.broadcaster.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.broadcaster.LogConfig;
import dev.broadcaster.time.Time;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets up the log on standard output from the settings; there is no file for it. The level of the settings applies to
 * the node's own loggers. Loggers of libraries never log below WARN: Lettuce, Netty and Undertow print commands,
 * buffers and headers at DEBUG and TRACE, and with them passwords, payloads, tokens and keys.
 */
final class Logging {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level [%thread] %logger{0}: %msg%n";

    private static final String OWN = "dev.broadcaster";

    private Logging() {}

    /** Applies {@code config} to all loggers. Called once, before a node starts. */
    static void start(LogConfig config) {
        // Undertow logs through jboss-logging, which otherwise looks for java.util.logging, Log4j and others.
        System.setProperty("org.jboss.logging.provider", "slf4j");
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        Encoder<ILoggingEvent> encoder = config.encoding() == LogConfig.Encoding.JSON ? new JsonEncoder() : console();
        encoder.setContext(context);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        OnceAppender once = new OnceAppender(appender, Time.SYSTEM);
        once.setContext(context);
        once.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(once);
        Level level = Level.convertAnSLF4JLevel(config.level());
        root.setLevel(level.isGreaterOrEqual(Level.WARN) ? level : Level.WARN);
        context.getLogger(OWN).setLevel(level);
    }

    /** Turns off what Logback does without a configuration: it prints everything, for a command among its output. */
    static void off() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        if (root.getLevel() == Level.DEBUG) {
            root.setLevel(Level.OFF);
        }
    }

    private static Encoder<ILoggingEvent> console() {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setPattern(PATTERN);
        encoder.setCharset(StandardCharsets.UTF_8);
        return encoder;
    }
}
