package dev.broadcaster.control;

import dev.broadcaster.auth.Revocations;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;

class LocalFleetTest extends FleetContract {
    private final TimingWheel wheel = new TimingWheel(Time.SYSTEM);

    @Override
    protected Fleet newFleet(Revocations known) {
        wheel.start();
        return new LocalFleet(known, wheel, Runnable::run);
    }

    @Override
    protected void end() {
        wheel.close();
    }
}
