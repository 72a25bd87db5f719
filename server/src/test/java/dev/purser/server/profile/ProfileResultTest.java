package dev.purser.server.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.model.ModelSource;
import dev.purser.core.model.TextEmbedding;
import dev.purser.core.model.Variant;
import dev.purser.server.profile.Initialisation.Start;
import dev.purser.server.profile.ProfileResult.AfterPause;
import dev.purser.server.profile.ProfileResult.InFunction;
import dev.purser.server.profile.ProfileResult.OnInstance;
import dev.purser.sim.SimulatorSettings;
import dev.purser.sim.Spread;
import dev.purser.worker.WorkerReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProfileResultTest {
    private static final Machine MACHINE = new Machine(2, "EPYC", "Linux amd64", "Java", "1.0", 0.1);

    @TempDir
    private Path directory;

    private static Timing time(double ms, double cv) {
        return new Timing(ms, ms, 0, ms, cv, 1, 100);
    }

    private static Start start(double process, double runtime, double model, double first, double ready) {
        return new Start(
                new WorkerReport.Initialisation(process, runtime, model, first, process + runtime + model + first),
                ready);
    }

    private static ProfileResult result(ModelSource source) {
        return new ProfileResult(
                MACHINE,
                "v",
                source,
                20.12345,
                200.0,
                Initialisation.of(List.of(start(100, 200, 50, 10, 400), start(120, 240, 70, 30, 500))),
                List.of(),
                null,
                List.of(
                        new OnInstance("c7a.medium", 1, 1, 1, time(5, 0.1)),
                        new OnInstance("c7a.medium", 1, 1, 4, time(15, 0.1)),
                        new OnInstance("c7a.large", 2, 1, 1, time(6.00049, 0.2)),
                        new OnInstance("c7a.large", 2, 1, 4, time(18, 0.3))),
                List.of(new InFunction(885, 1, 10, null), new InFunction(1769, 1, 5, time(5, 0.2))),
                new AfterPause(time(5, 0.1), time(6.5, 0.1)),
                new Rows(true, null, 0.0),
                true);
    }

    @Test
    void theVariantHasWhatWasMeasured() {
        ProfileSubject subject =
                new ProfileSubject("v", 0.8, 0.75, new ModelSource("classpath:v.onnx", null), directory);
        Variant variant = result(subject.source()).toVariant(subject, directory);

        assertThat(variant.accuracy()).isEqualTo(0.8);
        assertThat(variant.observedAccuracy()).isEqualTo(0.75);
        assertThat(variant.sizeMb()).isEqualTo(20.123);
        assertThat(variant.loadMs()).as("mean of 50 + 10 and 70 + 30").isEqualTo(80);
        assertThat(variant.vm()).containsOnlyKeys("c7a.medium", "c7a.large");
        assertThat(variant.vm().get("c7a.large").latencyMs()).isEqualTo(6);
        assertThat(variant.vm().get("c7a.large").slots()).isEqualTo(2);
        assertThat(variant.vm().get("c7a.medium").batchLatencyMs())
                .containsOnlyKeys(4)
                .containsEntry(4, 15.0);
        assertThat(variant.function().latencyMs()).containsEntry(885, 10.0).containsEntry(1769, 5.0);
        assertThat(variant.model()).isEqualTo(subject.source());
    }

    @Test
    void pathsAreWrittenRelativeToThePool() {
        ModelSource given = new ModelSource(
                "../nets/v.onnx", new TextEmbedding("classpath:t.json", TextEmbedding.Pooling.CLS, 128, "query: "));
        ProfileSubject subject = new ProfileSubject("v", 0.8, null, given, directory.resolve("pools"));

        assertThat(subject.absolute().onnx())
                .isEqualTo(directory.resolve("nets/v.onnx").toAbsolutePath().toString());
        ModelSource written =
                result(given).toVariant(subject, directory.resolve("out/deep")).model();
        assertThat(written.onnx()).isEqualTo("../../nets/v.onnx");
        assertThat(written.text()).isEqualTo(given.text());
    }

    @Test
    void withoutAnAccuracyThereIsNoVariant() {
        ProfileSubject subject = new ProfileSubject("v", null, null, new ModelSource("v.onnx", null), null);
        assertThatThrownBy(() -> result(subject.source()).toVariant(subject, directory))
                .hasMessageContaining("accuracy");
    }

    @Test
    void theSettingsBootAsTheWorkersDid() {
        SimulatorSettings settings = result(new ModelSource("v.onnx", null)).settings();

        // ready less model load and first inference: 340 and 400
        assertThat(settings.instanceBoot()).isEqualTo(Duration.ofMillis(370)).isEqualTo(settings.sandboxStart());
        assertThat(settings.instanceBootSpread().cv()).isCloseTo(Math.sqrt(1800) / 370, Offset.offset(0.001));
        assertThat(settings.instanceBootSpread().distribution()).isEqualTo(Spread.Distribution.LOGNORMAL);
        assertThat(settings.service()).as("the median of the spreads").isEqualTo(Spread.lognormal(0.2));
        assertThat(settings.dispatchOverhead()).isZero();
        assertThat(settings.invokeOverhead()).isZero();
        assertThat(settings.afterIdle().idle()).isEqualTo(Duration.ofMillis(5));
        assertThat(settings.afterIdle().extra()).isEqualTo(Duration.ofNanos(1_500_000));
    }

    @Test
    void aPauseNeverMakesAWorkerFaster() {
        assertThat(new AfterPause(time(5, 0.1), time(4.9, 0.1)).extraMs()).isZero();
    }
}
