package dev.purser.benchmarks.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.benchmarks.serving.ServingReport.BatchingRow;
import dev.purser.benchmarks.serving.ServingReport.Conditions;
import dev.purser.benchmarks.serving.ServingReport.Row;
import dev.purser.benchmarks.serving.ServingReport.Verdict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetsTest {
    private static Row row(String model, Server server, int connections, double cpuMicros, double p99Ms) {
        return new Row(
                model, server.title(), connections, 10_000, 1.0, p99Ms, cpuMicros, 2.0, 0, 800.0, 250.0, 0.0, 0.0);
    }

    private static final BatchingRow BATCHES =
            new BatchingRow("ranker", 200, 2000, 500, 32, 1700, 600, 64, 30, 0, 0.85, 0);

    @Test
    void eachTargetHasItsVerdict() {
        List<Verdict> verdicts = Targets.verdicts(
                List.of(
                        row("mlp", Server.EVENT_LOOP, 32, 39, 4),
                        row("mlp", Server.IN_PROCESS, 8, 500, 500),
                        row("mlp", Server.IN_PROCESS, 32, 45, 30),
                        row("mlp", Server.PROCESSES, 32, 500, 500)),
                BATCHES);
        assertThat(verdicts).extracting(Verdict::measured).containsExactly(45.0, 30.0, 800.0, 250.0, 0.85);
        assertThat(verdicts).extracting(Verdict::met).containsExactly(true, false, true, true, false);
        assertThat(verdicts.get(0).ratio()).isEqualTo(0.5);
        assertThat(verdicts.get(1).ratio()).isEqualTo(2);
        assertThat(verdicts.get(4).ratio()).isEqualTo(0.85 / 0.9, within(1e-9));
    }

    @Test
    void aWrongAnswerOrAFailedRequestIsAFailureOfTheRun() {
        Row right = row("cnn", Server.IN_PROCESS, 32, 300, 20);
        Row wrong = new Row("cnn", "event loop", 32, 9, 1.0, 1.0, 1, null, 0, 1.0, 1.0, 0.5, 0);
        Row failed = new Row("cnn", "event loop", 32, 9, 1.0, 1.0, 1, null, 7, 1.0, 1.0, 0.0, 0);
        assertThat(report(right).allAnswersRight()).isTrue();
        assertThat(report(right, wrong).allAnswersRight()).isFalse();
        assertThat(report(right, failed).allAnswersRight()).isFalse();
    }

    @Test
    void theTableSaysWhatWasMeasuredAndWhatCameOfIt() {
        StringWriter out = new StringWriter();
        ServingTable.print(report(row("mlp", Server.IN_PROCESS, 32, 45, 30)), new PrintWriter(out, true));
        List<String> lines = out.toString()
                .lines()
                .map(line -> line.replaceAll(" {2,}", "|"))
                .toList();
        assertThat(lines.get(0)).contains("2 processors", "load average 0.10", "medians of 3 rounds of 5 s");
        assertThat(lines.get(3)).isEqualTo("mlp|Purser in-process|32|10,000|1.00|30.00|45.0|2.00|0|800|250|0e+00|0.00");
        assertThat(lines).anyMatch(line -> line.startsWith("ranker|200|2,000|500|1,700|600|0.850|64"));
        assertThat(lines)
                .contains("mlp in-process: p99 ms at 32 connections, at most|15.00|30.00|2.00|NOT MET")
                .contains("mlp in-process: CPU µs a request at 32 connections, at most|90.00|45.00|0.50|met");
    }

    private static ServingReport report(Row... rows) {
        return new ServingReport(
                new Conditions(2, "25", 0.1, 5, 3, "binary"),
                List.of(rows),
                BATCHES,
                Targets.verdicts(List.of(rows), BATCHES));
    }
}
