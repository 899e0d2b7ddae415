package dev.broadcaster.rpc;

import dev.broadcaster.protocol.Hello;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The names of client libraries, such as {@code js/1.0.0}, as numbers of one byte, so that a name costs a connection
 * nothing. There are {@value #MAX} at most; after them only the family of a client is known. Safe from any thread.
 */
final class ClientNames {
    private static final int MAX = 127;

    private final Map<String, Byte> numbers = new ConcurrentHashMap<>();
    private volatile List<String> names;

    ClientNames() {
        List<String> families = new ArrayList<>();
        families.add(label(Hello.Family.OTHER)); // the number of a client without a name is 0
        for (Hello.Family family : Hello.Family.values()) {
            if (family != Hello.Family.OTHER) {
                families.add(label(family));
            }
        }
        names = List.copyOf(families);
        for (int i = 0; i < names.size(); i++) {
            numbers.put(names.get(i), (byte) i);
        }
    }

    /** The name of a family. */
    static String label(Hello.Family family) {
        return family.name().toLowerCase(Locale.ROOT);
    }

    /** The number of the client of {@code hello}. */
    byte number(@Nullable Hello hello) {
        if (hello == null || hello.client() == null) {
            return 0;
        }
        Byte known = numbers.get(hello.client());
        return known != null ? known : add(hello.client(), hello.family());
    }

    private synchronized byte add(String name, Hello.Family family) {
        Byte known = numbers.get(name);
        if (known != null) {
            return known;
        }
        if (names.size() > MAX) {
            return numbers.getOrDefault(label(family), (byte) 0);
        }
        List<String> more = new ArrayList<>(names);
        byte number = (byte) more.size();
        more.add(name);
        names = List.copyOf(more);
        numbers.put(name, number);
        return number;
    }

    /** The name of a number. */
    String name(byte number) {
        return names.get(number);
    }
}
