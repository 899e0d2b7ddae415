package dev.broadcaster.client;

/** Turns values into JSON and back: the way to an application's own JSON library. Called by several threads. */
public interface JsonMapper {
    /** Reads JSON text as a value of the type. */
    <T> T read(String json, Class<T> type) throws Exception;

    /** Writes a value as JSON text. */
    String write(Object value) throws Exception;
}
