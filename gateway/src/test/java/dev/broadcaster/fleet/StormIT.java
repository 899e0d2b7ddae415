package dev.broadcaster.fleet;

import org.junit.jupiter.api.Test;

/** Hostile clients of all kinds at once try to fill the memory of a node with a small heap. */
class StormIT {
    @Test
    void honestClientsLoseNothing_whileAllAttacksGoOn() throws Exception {
        Storm.run(StormPlan.parse(
                "--attackers",
                "6",
                "--clients",
                "60",
                "--rate",
                "40",
                "--quiet",
                "5",
                "--seconds",
                "15",
                "--seed",
                Long.toString(Traffic.Plan.seedOfNow())));
    }
}
