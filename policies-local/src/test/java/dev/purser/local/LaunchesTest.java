package dev.purser.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.local.Answer.Place;
import dev.purser.local.LocalSettings.Mode;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a fleet's next start may be, with a back-off of 0.1 s to 2 s and two failures in a row for broken. */
final class LaunchesTest {
    private static final long MS = 1_000_000;

    @TempDir
    private Path directory;

    private Launches launches;

    @BeforeEach
    void make() {
        World world = new World(directory, Mode.PROCESS).instances(directory.resolve("a.onnx"), 1, 1, 1);
        launches = new Launches(Place.INSTANCE, 0, 0, world.catalog(), world.settings(), 600 * MS);
    }

    @Test
    void theEstimateOfAStartFollowsWhatIsMeasured() {
        assertThat(launches.nanos()).isEqualTo(600 * MS);
        launches.ready(1000 * MS);
        assertThat(launches.nanos()).isEqualTo(1000 * MS);
        launches.ready(2000 * MS);
        assertThat(launches.nanos()).isEqualTo(1300 * MS);
    }

    @Test
    void theFirstFailureCostsNoWaitAndTheNextOnesMoreAndMore() {
        assertThat(launches.waitNanos(0)).isZero();
        launches.startFailed("a", 0);
        assertThat(launches.waitNanos(0)).isZero();
        assertThat(launches.broken()).isFalse();
        launches.startFailed("b", 0);
        assertThat(launches.waitNanos(0)).isEqualTo(100 * MS);
        assertThat(launches.waitNanos(70 * MS)).isEqualTo(30 * MS);
        assertThat(launches.waitNanos(170 * MS)).isZero();
        assertThat(launches.broken()).isTrue();
        assertThat(launches.lastFailure()).isEqualTo("b");
        launches.startFailed("c", 1000 * MS);
        assertThat(launches.waitNanos(1000 * MS)).isEqualTo(200 * MS);
    }

    @Test
    void aStartThatSucceedsMendsTheFleetButDoesNotForgetTheFailures() {
        launches.startFailed("a", 0);
        launches.startFailed("b", 0);
        launches.ready(MS);
        assertThat(launches.broken()).isFalse();
        launches.lost("c", 1000 * MS, 0);
        assertThat(launches.waitNanos(0)).isEqualTo(200 * MS);
        assertThat(launches.broken()).isFalse();
    }

    @Test
    void aSandboxThatIsLostSlowsNothingDown() {
        World world = new World(directory, Mode.PROCESS).function(directory.resolve("a.onnx"));
        Launches ofFunction = new Launches(Place.FUNCTION, 0, 0, world.catalog(), world.settings(), 600 * MS);
        for (int i = 0; i < 5; i++) {
            ofFunction.ready(MS);
            ofFunction.lost("a", MS, 0);
        }
        assertThat(ofFunction.waitNanos(0)).isZero();
        ofFunction.startFailed("b", 0);
        ofFunction.startFailed("c", 0);
        assertThat(ofFunction.waitNanos(0)).isEqualTo(100 * MS);
        ofFunction.ready(MS);
        assertThat(ofFunction.waitNanos(0)).isZero();
    }

    @Test
    void aWorkerThatHeldForgetsThem() {
        launches.startFailed("a", 0);
        launches.startFailed("b", 0);
        launches.ready(MS);
        launches.lost("c", 3000 * MS, 0);
        assertThat(launches.waitNanos(0)).isZero();
        LocalState.Launches state = launches.state(0);
        assertThat(state.failuresInARow()).isEqualTo(1);
        assertThat(state.failed()).isEqualTo(3);
        assertThat(state.started()).isEqualTo(1);
        assertThat(state.backOff()).isEqualTo(Duration.ZERO);
    }
}
