package dev.broadcaster.client;

/** Converts values to JSON and back: the connection to an application's JSON library. Called by several threads. */
public interface JsonMapper {
    /** Reads JSON text as a value of the type. */
    <T> T read(String json, Class<T> type) throws Exception;

    /** Writes a value as JSON text. */
    String write(Object value) throws Exception;
}
