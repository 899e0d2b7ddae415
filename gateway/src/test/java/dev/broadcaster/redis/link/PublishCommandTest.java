package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PublishCommandTest {
    @Test
    void errorOfAScript_namesTheRight_inTheWordsOfEachServer() {
        assertThat(PublishCommand.withoutScript("NOPERM this user has no permissions to run the 'get' command script: "
                        + "0a".repeat(20) + ", on @user_script:12."))
                .isEqualTo("NOPERM this user has no permissions to run the 'get' command");
        String ofRedis8 = "ERR ACL failure in script: No permissions to access a key (SET)";
        assertThat(PublishCommand.withoutScript(ofRedis8)).isEqualTo(ofRedis8);
    }
}
