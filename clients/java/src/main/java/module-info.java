/** The client of the Broadcaster gateway. At run time it needs nothing but {@code java.net.http}. */
module dev.broadcaster.client {
    requires transitive java.net.http;
    requires static transitive org.jspecify;
    requires static transitive com.fasterxml.jackson.core;
    requires static transitive com.fasterxml.jackson.databind;

    exports dev.broadcaster.client;
    exports dev.broadcaster.client.jackson;
}
