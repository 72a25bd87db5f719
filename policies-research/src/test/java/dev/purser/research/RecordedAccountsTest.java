package dev.purser.research;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.core.workload.Workloads;
import dev.purser.sim.Faults;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.PolicyRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * The account of every shipped stack on every shipped workload is the one that was recorded, to the unit: whoever changes
 * the engine sees what else moved. Run with {@code -Dpurser.record=FILE} to record what is right after a change that means
 * to move an account.
 */
class RecordedAccountsTest {
    private static final PolicyRegistry REGISTRY = PolicyRegistry.load();
    private static final String RESOURCE = "recorded-accounts.txt";

    private static List<String> accounts() {
        List<String> lines = new ArrayList<>();
        ArrivalTrace plain = Traces.of("twitter-like").window(Duration.ofMinutes(20), Duration.ofMinutes(4));
        ArrivalTrace bursts = Traces.of("mmpp:rates=10/90,sojourn=60s/30s,duration=5m");
        SimulatorSettings faulty = SimulatorSettings.defaults().withFaults(new Faults(0.1, 0.05, List.of(), List.of()));
        for (String workload : Workloads.names()) {
            for (String stack : REGISTRY.stackNames()) {
                lines.add(account(workload, stack, "plain", plain, SimulatorSettings.defaults()));
                lines.add(account(workload, stack, "faults", bursts, faulty));
            }
        }
        return lines;
    }

    private static String account(
            String workload, String stack, String world, ArrivalTrace trace, SimulatorSettings settings) {
        ServiceCatalog catalog = Worlds.shipped(workload);
        RunResult result = Simulation.of(catalog, REGISTRY.create(REGISTRY.stack(stack), catalog, 7), trace, 7)
                .withSettings(settings)
                .run();
        Metrics metrics = result.metrics();
        return String.join(
                " ",
                workload,
                stack,
                world,
                "answered=" + metrics.answered(),
                "refused=" + metrics.refused(),
                "failed=" + metrics.failed(),
                "violations=" + metrics.violations(),
                "functions=" + metrics.onFunctions(),
                "cold=" + metrics.coldStarts(),
                "instances=" + metrics.instancesStarted(),
                "vm=" + result.bill().vm().toPlainString(),
                "function=" + result.bill().function().toPlainString(),
                "storage=" + result.bill().storage().toPlainString(),
                "end=" + result.endNanos());
    }

    @Test
    void accountsAreTheRecordedOnes() throws IOException {
        List<String> accounts = accounts();
        String record = System.getProperty("purser.record");
        if (record != null) {
            Files.write(Path.of(record), accounts);
            return;
        }
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(RESOURCE))) {
            List<String> recorded = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            assertThat(accounts).isEqualTo(recorded);
        }
    }
}
