package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisConnectionException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RedisAdviceTest {
    private static String advice(Throwable cause) {
        return RedisAdvice.ofConnection(
                new ExecutionException(new RedisConnectionException("Unable to connect", cause)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Connection refused: /127.0.0.1:1 | start it",
                "WRONGPASS invalid username-password pair | correct user and password",
                "NOAUTH HELLO must be called with the client already authenticated | set the password",
                "ERR max number of clients reached | raise maxclients",
                "DENIED Redis is running in protected mode because | give Redis a password",
                "LOADING Redis is loading the dataset in memory | wait",
                "NOPERM this user has no permissions to run the 'hello' command | +hello",
                "ERR unknown command 'HELLO' | Redis 6.2",
                "not an SSL/TLS record: 2d455252 | only if this port speaks TLS",
                "Received fatal alert: certificate_required | Redis refuses the certificate of the node",
                "Received fatal alert: bad_certificate | Redis refuses the certificate of the node",
                "unable to find valid certification path to requested target | set REDIS_TLS_CA",
                "No subject alternative names matching IP address 127.0.0.1 found | as its certificate does",
                "ERR DB index is out of range | the number of the database",
                "Connection closed prematurely | another protocol",
                "Invalid first byte: 60 (<) at buffer index 1 decoding using null | another protocol"
            })
    void errorOfAConnection_isFollowedByWhatToDo(String error, String advice) {
        assertThat(advice(new IOException(error)))
                .startsWith("cannot connect: " + error + ": ")
                .contains(advice);
    }

    @Test
    void errorWhoseClassSaysIt_isFollowedByWhatToDo() {
        assertThat(advice(new CertificateExpiredException("NotAfter: Mon Nov 30 00:00:00 UTC 2026")))
                .endsWith("renew the certificate of Redis");
        assertThat(advice(new CertificateException("No name matching redis found")))
                .contains("as its certificate does");
        assertThat(advice(new UnknownHostException("redis"))).contains("correct the name in REDIS_URL");
        assertThat(advice(new ClosedChannelException()))
                .startsWith("cannot connect: ClosedChannelException: ")
                .contains("another protocol");
        assertThat(RedisAdvice.ofConnection(new TimeoutException()))
                .startsWith("cannot connect: no answer: ")
                .contains("firewall");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OOM command not allowed when used memory > 'maxmemory'. | raise maxmemory",
                "MISCONF Redis is configured to save RDB snapshots | look into its log",
                "NOREPLICAS Not enough good replicas to write. | min-replicas-to-write",
                "READONLY You can't write against a read only replica. | name its master",
                "MOVED | redis-cluster:",
                "CLUSTERDOWN The cluster is down | --cluster check"
            })
    void errorOfACommand_isFollowedByWhatToDo(String error, String advice) {
        assertThat(RedisAdvice.ofCommand(error))
                .startsWith(error.replaceFirst("\\.$", "") + ": ")
                .contains(advice);
    }
}
