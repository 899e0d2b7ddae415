package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;

/** JSON text, for clients that build a request by hand. Safe from any thread. */
public final class JsonText {
    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonText() {}

    /** The JSON string whose value is {@code text}, quotes included. */
    public static String quote(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    /** True if {@code text} is exactly one complete JSON value. */
    public static boolean isOneValue(String text) {
        try (JsonParser parser = FACTORY.createParser(text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            parser.finishToken();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /** The string in a field of the object {@code json}; empty if there is no such field, or no object. */
    public static String field(String json, String name) {
        try {
            return ServerMessage.Reader.text(ServerMessage.Reader.fields(json), name);
        } catch (IOException e) {
            return "";
        }
    }
}
