package dev.broadcaster.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.broadcaster.time.RepeatedLines;
import dev.broadcaster.time.Time;

/**
 * Passes the log to another appender: warnings and errors as {@link RepeatedLines} says, because Lettuce writes several for
 * each attempt to connect. The numbers in the lines of a library make no difference. A number in a line of the gateway is a
 * figure for the operator, such as the length of a pause: lines with other numbers are other lines. Other levels pass always.
 */
final class OnceAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private static final String OWN = "dev.broadcaster.";

    private final Appender<ILoggingEvent> next;
    private final Time time;
    private final RepeatedLines lines = new RepeatedLines();

    OnceAppender(Appender<ILoggingEvent> next, Time time) {
        this.next = next;
        this.time = time;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (!event.getLevel().isGreaterOrEqual(Level.WARN)) {
            next.doAppend(event);
            return;
        }
        long leftOut = lines.onLine(key(event), time.nanos());
        if (leftOut == 0) {
            next.doAppend(event);
        } else if (leftOut != RepeatedLines.LEFT_OUT) {
            next.doAppend(withSuffix(event, RepeatedLines.suffix(leftOut)));
        }
    }

    /** The same place and the same text; of an exception its class, its message and where it was thrown. */
    private static String key(ILoggingEvent event) {
        StringBuilder key = new StringBuilder(event.getLoggerName());
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            key.append(' ').append(thrown.getClassName()).append(' ');
            if (thrown.getStackTraceElementProxyArray().length > 0) {
                key.append(thrown.getStackTraceElementProxyArray()[0].getSTEAsString());
            }
        }
        String text = event.getFormattedMessage();
        boolean own = event.getLoggerName().startsWith(OWN);
        return key.append(' ')
                .append(own ? text : RepeatedLines.withoutCounts(text))
                .toString();
    }

    private ILoggingEvent withSuffix(ILoggingEvent event, String suffix) {
        LoggingEvent longer = new LoggingEvent();
        longer.setLoggerContext((LoggerContext) getContext());
        longer.setLoggerName(event.getLoggerName());
        longer.setLevel(event.getLevel());
        longer.setThreadName(event.getThreadName());
        longer.setInstant(event.getInstant());
        longer.setMessage(event.getFormattedMessage() + suffix);
        if (event.getThrowableProxy() instanceof ThrowableProxy thrown) {
            longer.setThrowableProxy(thrown);
        }
        return longer;
    }
}
