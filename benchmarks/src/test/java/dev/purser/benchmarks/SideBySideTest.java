package dev.purser.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SideBySideTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine command = Benchmarks.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(Benchmarks.withCommand(args));
    }

    @Test
    void comparesThreeSimulatorsInProcessesOfTheirOwn() {
        int status = run("--loads", "mmc", "--requests", "20000", "--cloudlets", "2000", "--rounds", "1");
        assertThat(err.toString().lines())
                .containsExactly(
                        "round 1 of 1, run 1 of 3: bare loop on mmc",
                        "round 1 of 1, run 2 of 3: Purser on mmc",
                        "round 1 of 1, run 3 of 3: CloudSim Plus on mmc");
        List<String> table = out.toString().lines().toList();
        assertThat(table).hasSize(4).noneMatch(line -> line.contains("WRONG"));
        assertThat(table.get(0)).startsWith("load  simulator");
        assertThat(table.get(1)).startsWith("mmc   bare loop").contains("20,000", "1.00", "mean wait in s", "(0.6687)");
        assertThat(table.get(2)).startsWith("mmc   Purser").contains("1.00 times");
        assertThat(table.get(3)).startsWith("mmc   CloudSim Plus").contains("2,000");
        assertThat(status).isZero();
    }

    @Test
    void runsAStackOnATrace() {
        int status =
                run("--loads", "B", "--requests", "1000", "--rounds", "1", "--trace", "constant:rate=50,duration=1m");
        assertThat(out.toString().lines().toList().get(3))
                .contains("Purser, paragon", "requests ended of those that arrived 1.000 (1.000)");
        // a thousand requests are all start: the table says so
        assertThat(out.toString()).contains("WRONG");
        assertThat(status).isEqualTo(CommandLine.ExitCode.SOFTWARE);
    }

    @Test
    void simulatorsAreRunWhereNoCommandIsNamed() {
        assertThat(Benchmarks.withCommand("--rounds", "1")).containsExactly("simulators", "--rounds", "1");
        assertThat(Benchmarks.withCommand()).containsExactly("simulators");
        assertThat(Benchmarks.withCommand("simulators", "--help")).containsExactly("simulators", "--help");
        assertThat(Benchmarks.withCommand("serving", "--json")).containsExactly("serving", "--json");
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("simulators", "serving");
    }

    @Test
    void saysWhatIsWrongWithItsArguments() {
        assertThat(run("--loads", "A,D")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("--loads names 'D', but there are mmc, A, B and C");
        assertThat(run("--requests", "10")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("--requests is 10, but it must be at least 1000");
        assertThat(run("--cloudlets", "1")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("--cloudlets is 1, but it must be 0 or at least 1000");
        assertThat(run("--rounds", "0")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("--rounds is 0, but it must be at least 1");
        assertThat(run("--trace", "no-such-trace")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("trace 'no-such-trace'");
    }

    @Test
    void tableHasMediansRatiosAndMarks() {
        Table table = new Table();
        // 1000 requests in 1, 2 and 4 s of processor time: 500 a second in the median
        table.add(Simulator.BARE, "mmc", List.of(run(1, 100, 0.6687), run(4, 300, 0.6687), run(2, 200, 0.6687)));
        table.add(Simulator.PURSER, "mmc", List.of(run(4, 1024, 0.6), run(4, 3072, 0.8)));
        assertThat(table.allChecksHold()).isTrue();
        table.add(Simulator.CLOUDSIM, "mmc", List.of(run(100, -1, 5.0)));
        assertThat(table.allChecksHold()).isFalse();
        table.print(new PrintWriter(out, true));
        assertThat(out.toString().lines().map(line -> line.replaceAll(" {2,}", "|")))
                .containsExactly(
                        "load|simulator|requests|per CPU second|peak MiB|of bare|Purser is|check (expected)",
                        "mmc|bare loop|1,000|500|0|1.00|0.50 times|mean wait in s 0.6687 (0.6687)",
                        "mmc|Purser|1,000|250|2|0.50|1.00 times|mean wait in s 0.7000 (0.6687)",
                        "mmc|CloudSim Plus|1,000|10|?|0.02|25.00 times|mean wait in s 5.000 (0.6687, WRONG)");
    }

    private static Measurement run(long cpuSeconds, long peakKib, double value) {
        Measurement measurement =
                new Measurement(cpuSeconds * 1_000_000_000, peakKib, new Measurement.Answer(1000, List.of(value)));
        assertThat(Measurement.isOne(measurement.line())).isTrue();
        assertThat(Measurement.parse(measurement.line())).isEqualTo(measurement);
        return measurement;
    }
}
