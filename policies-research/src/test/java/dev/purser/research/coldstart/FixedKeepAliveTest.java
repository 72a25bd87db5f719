package dev.purser.research.coldstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FixedKeepAliveTest {
    private final ServiceCatalog catalog = Worlds.single();
    private final FakeView view = new FakeView(catalog);

    private FixedKeepAlive manager(Duration idle, int minSandboxes) {
        return new FixedKeepAlive(new FixedKeepAlive.Settings(idle, minSandboxes), Worlds.context(catalog));
    }

    @Test
    void keepsEveryFunctionForTheSameTime() {
        FixedKeepAlive manager = manager(Duration.ofMinutes(10), 0);
        for (int function = 0; function < catalog.functions(); function++) {
            KeepAlive decision = manager.keepAlive(view.function(function, 100 * function, 3 * function));
            assertThat(decision.idleNanos()).isEqualTo(600_000_000_000L);
            assertThat(decision.prewarm()).isZero();
            assertThat(decision.reason().code()).isEqualTo("fixed");
        }
    }

    @Test
    void prewarmsWhatIsMissing() {
        FixedKeepAlive manager = manager(Duration.ZERO, 4);
        assertThat(manager.keepAlive(view.function(1, 0, 0)).prewarm()).isEqualTo(4);
        assertThat(manager.keepAlive(view.function(1, 9, 3)).prewarm()).isEqualTo(1);
        assertThat(manager.keepAlive(view.function(1, 9, 4)).prewarm()).isZero();
        assertThat(manager.keepAlive(view.function(1, 9, 5)).prewarm()).isZero();
        assertThat(manager.keepAlive(view.function(1, 9, 0)).idleNanos()).isZero();
    }

    @Test
    void aNegativeTimeIsRefused() {
        assertThatThrownBy(() -> new FixedKeepAlive.Settings(Duration.ofSeconds(-1), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must not be negative");
    }
}
