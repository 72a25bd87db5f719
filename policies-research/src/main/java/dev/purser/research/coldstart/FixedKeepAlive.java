package dev.purser.research.coldstart;

import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.FunctionView;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * A fixed time for every function, as providers have it, and optionally a least number of sandboxes, as provisioned
 * concurrency has it.
 */
public final class FixedKeepAlive implements ColdStartManager {

    /**
     * Settings.
     *
     * @param idle an idle sandbox is reclaimed after this time
     * @param minSandboxes sandboxes that each function in use has at least
     */
    public record Settings(
            @Setting(value = "an idle sandbox is reclaimed after this time", byDefault = "10m")
            Duration idle,

            @Setting(value = "sandboxes that each function in use has at least", byDefault = "0", min = 0, max = 1000)
            int minSandboxes) {
        public Settings {
            if (idle.isNegative()) {
                throw new IllegalArgumentException("idle is " + idle + ", but it must not be negative");
            }
        }
    }

    private static final Reason FIXED = Reason.of("fixed", "the keep-alive is fixed by its settings");

    private final Settings settings;
    private final KeepAlive nothingToPrewarm;

    /** A manager with its settings. */
    public FixedKeepAlive(Settings settings, PolicyContext context) {
        this.settings = settings;
        nothingToPrewarm = new KeepAlive(settings.idle().toNanos(), 0, FIXED);
    }

    @Override
    public KeepAlive keepAlive(FunctionView view) {
        int missing = settings.minSandboxes() - view.sandboxes();
        return missing <= 0 ? nothingToPrewarm : new KeepAlive(settings.idle().toNanos(), missing, FIXED);
    }
}
