package dev.broadcaster.budget;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/**
 * The size of objects on the heap of HotSpot, in bytes: header, fields, alignment. For headers of 12 bytes; with
 * compact headers (8 bytes) objects are smaller. The size of references and of G1's regions is that of this JVM.
 */
public final class HeapBytes {
    private static final int HEADER = 12;
    private static final int ARRAY_HEADER = 16;
    private static final int ALIGNMENT = 8;
    private static final int REFERENCE = option("UseCompressedOops").equals("true") ? 4 : 8;
    /** The region size of G1, which gives separate regions to arrays from half a region on; 0 for other collectors. */
    private static final long REGION = Long.parseLong(option("G1HeapRegionSize"));
    /** Arrays that are a smaller part of a region leave little of it unused. */
    private static final int SMALL_PART = 16;

    private static final long STRING = object(1, 6);

    private HeapBytes() {}

    /** An object with this many references and bytes of other fields, those of its superclasses included. */
    public static long object(int references, int otherBytes) {
        return align(HEADER + (long) references * REFERENCE + otherBytes);
    }

    /** A {@code byte[length]}. */
    public static long bytes(int length) {
        return array(ARRAY_HEADER + (long) length);
    }

    /** An array of {@code length} references. */
    public static long references(int length) {
        return array(ARRAY_HEADER + (long) length * REFERENCE);
    }

    /** A separate string with Latin-1 text, such as names of channels, ids and keys. */
    public static long latin1(String text) {
        return STRING + bytes(text.length());
    }

    private static long array(long bytes) {
        long aligned = align(bytes);
        if (aligned < REGION / SMALL_PART || REGION == 0) {
            return aligned;
        }
        return aligned < REGION / 2
                ? REGION / (REGION / aligned) // as many as fit into a region share it
                : (aligned + REGION - 1) / REGION * REGION;
    }

    private static long align(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** The value of an option of the JVM as text; {@code 0} if it has no such option. */
    private static String option(String name) {
        try {
            return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .getVMOption(name)
                    .getValue();
        } catch (IllegalArgumentException e) {
            return "0"; // then references take 8 bytes
        }
    }
}
