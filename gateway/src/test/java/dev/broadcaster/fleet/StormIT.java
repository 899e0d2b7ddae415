package dev.broadcaster.fleet;

import org.junit.jupiter.api.Test;

/** Hostile clients of all kinds at once try to fill the memory of a node with a small heap. */
class StormIT {
    @Test
    void honestClientsLoseNothing_whileAllAttacksGoOn() throws Exception {
        Storm.run(new Storm.Plan(6, 60, 40, 5_000, 15_000, "256m", Traffic.Plan.seedOfNow(), false, null));
    }
}
