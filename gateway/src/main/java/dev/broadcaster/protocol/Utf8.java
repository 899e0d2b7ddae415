package dev.broadcaster.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Strict UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF), checked as the bytes arrive: the
 * state after one piece is passed in with the next. After B. Hoehrmann, "Flexible and Economical UTF-8 Decoder".
 */
public final class Utf8 {
    /** The state at the start and after every complete character. */
    public static final int ACCEPT = 0;
    /** The state that is final: the bytes are invalid. */
    public static final int REJECT = 1;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long HIGH_BITS = 0x8080808080808080L;

    // States: 2 = one more continuation byte, 3 = two, 4 = after E0, 5 = after ED, 6 = after F0, 7 = three, 8 = after
    // F4.
    private static final int ONE_MORE = 2;
    private static final int TWO_MORE = 3;
    private static final int AFTER_E0 = 4;
    private static final int AFTER_ED = 5;
    private static final int AFTER_F0 = 6;
    private static final int THREE_MORE = 7;
    private static final int AFTER_F4 = 8;

    private Utf8() {}

    /** True if the bytes are complete, valid UTF-8. */
    public static boolean isValid(byte[] bytes, int from, int to) {
        return validate(ACCEPT, bytes, from, to) == ACCEPT;
    }

    /** The state after {@code bytes[from, to)}, when {@code state} is the state before. */
    public static int validate(int state, byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            if (state == ACCEPT) {
                while (i + 8 <= to && ((long) LONGS.get(bytes, i) & HIGH_BITS) == 0) {
                    i += 8;
                }
                while (i < to && bytes[i] >= 0) {
                    i++;
                }
                if (i == to) {
                    return ACCEPT;
                }
            }
            state = next(state, bytes[i++] & 0xff);
            if (state == REJECT) {
                return REJECT;
            }
        }
        return state;
    }

    private static int next(int state, int b) {
        return switch (state) {
            case ACCEPT -> first(b);
            case ONE_MORE -> within(b, 0x80, 0xbf, ACCEPT);
            case TWO_MORE -> within(b, 0x80, 0xbf, ONE_MORE);
            case AFTER_E0 -> within(b, 0xa0, 0xbf, ONE_MORE);
            case AFTER_ED -> within(b, 0x80, 0x9f, ONE_MORE);
            case AFTER_F0 -> within(b, 0x90, 0xbf, TWO_MORE);
            case THREE_MORE -> within(b, 0x80, 0xbf, TWO_MORE);
            case AFTER_F4 -> within(b, 0x80, 0x8f, TWO_MORE);
            default -> REJECT;
        };
    }

    private static int first(int b) {
        if (b < 0x80) {
            return ACCEPT;
        }
        if (b < 0xc2) {
            return REJECT;
        }
        if (b < 0xe0) {
            return ONE_MORE;
        }
        if (b < 0xf0) {
            return b == 0xe0 ? AFTER_E0 : b == 0xed ? AFTER_ED : TWO_MORE;
        }
        if (b > 0xf4) {
            return REJECT;
        }
        return b == 0xf0 ? AFTER_F0 : b == 0xf4 ? AFTER_F4 : THREE_MORE;
    }

    private static int within(int b, int low, int high, int state) {
        return b >= low && b <= high ? state : REJECT;
    }
}
