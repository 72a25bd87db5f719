package dev.purser.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.local.LocalSettings.BackOff;
import dev.purser.local.LocalSettings.Mode;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SettingsTest {
    private final LocalSettings settings = LocalSettings.defaults(Path.of("models"), Path.of("cache"));

    @Test
    void startsWaitLongerAndLongerUpToTheLimit() {
        BackOff backOff = new BackOff(Duration.ofMillis(100), Duration.ofSeconds(1), 3);
        assertThat(backOff.after(0)).isZero();
        assertThat(backOff.after(1)).isZero();
        assertThat(backOff.after(2)).isEqualTo(Duration.ofMillis(100));
        assertThat(backOff.after(3)).isEqualTo(Duration.ofMillis(300));
        assertThat(backOff.after(4)).isEqualTo(Duration.ofMillis(900));
        assertThat(backOff.after(5)).isEqualTo(Duration.ofSeconds(1));
        assertThat(backOff.after(1_000_000)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void whatIsChangedIsAllThatChanges() {
        LocalSettings changed = settings.toBuilder()
                .mode(Mode.IN_PROCESS)
                .maxThreads(7)
                .logs(Path.of("logs"), 3)
                .build();
        assertThat(changed)
                .usingRecursiveComparison()
                .ignoringFields("mode", "maxThreads", "logDirectory", "logLimitMb")
                .isEqualTo(settings);
        assertThat(changed.mode()).isEqualTo(Mode.IN_PROCESS);
        assertThat(changed.maxThreads()).isEqualTo(7);
        assertThat(changed.logDirectory()).isEqualTo(Path.of("logs"));
        assertThat(changed.logLimitMb()).isEqualTo(3);
    }

    @Test
    void valuesOutOfRangeAreSaid() {
        assertThatThrownBy(() -> settings.toBuilder().maxThreads(0).build())
                .hasMessage("maxThreads is 0, but it must be 1 to 2147483647");
        assertThatThrownBy(() -> settings.toBuilder().logs(Path.of("logs"), 0).build())
                .hasMessageContaining("logLimitMb is 0");
        assertThatThrownBy(() -> new BackOff(Duration.ZERO, Duration.ofSeconds(1), 2))
                .hasMessage("backOff.initial is PT0S, but it must be over 0 and at most a day");
        assertThatThrownBy(() -> new BackOff(Duration.ofSeconds(2), Duration.ofSeconds(1), 2))
                .hasMessage("backOff.max is PT1S, but it must be at least backOff.initial, PT2S");
        assertThatThrownBy(() -> new BackOff(Duration.ofSeconds(1), Duration.ofSeconds(1), 0.5))
                .hasMessage("backOff.factor is 0.5, but it must be 1 to 100");
    }
}
