package dev.purser.server.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.engine.Outcome;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RequestLogTest {
    private static final List<RequestClass> CLASSES = List.of(
            new RequestClass("fast", 1, null, new Slo(Slo.Urgency.STRICT, null, null, null)),
            new RequestClass("slow, but cheap", 1, null, new Slo(Slo.Urgency.RELAXED, null, null, null)));

    @TempDir
    private Path directory;

    private static ReplayedRequest answered(long number) {
        return new ReplayedRequest(
                number,
                (int) (number % 2),
                number * 1_000_000,
                number * 1_000_000 + 500,
                number * 1_000_000 + 2_500_500,
                Outcome.ANSWERED,
                200,
                "v",
                null,
                number == 0,
                number == 2 ? null : 1.25,
                null);
    }

    @Test
    void linesAreInTheOrderOfArrivalAndThoseAbandonedAreLeftOut() throws IOException {
        Path file = directory.resolve("requests.csv.gz");
        try (RequestLog log = new RequestLog(file, CLASSES)) {
            log.ended(answered(1));
            log.ended(answered(2));
            log.ended(answered(0));
            log.ended(answered(5));
            log.ended(new ReplayedRequest(
                    4,
                    0,
                    4_000_000,
                    4_000_000,
                    4_100_000,
                    Outcome.REFUSED,
                    429,
                    null,
                    null,
                    false,
                    null,
                    "full, \"very\""));
        }
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines())
                    .containsExactly(
                            "number,intended_s,class,latency_ms,service_ms,outcome,status,variant,platform,cold,inference_ms,problem",
                            "0,0.000000,fast,2.501,2.500,answered,200,v,,true,1.250,",
                            "1,0.001000,\"slow, but cheap\",2.501,2.500,answered,200,v,,false,1.250,",
                            "2,0.002000,fast,2.501,2.500,answered,200,v,,false,,",
                            "4,0.004000,fast,0.100,0.100,refused,429,,,false,,\"full, \"\"very\"\"\"",
                            "5,0.005000,\"slow, but cheap\",2.501,2.500,answered,200,v,,false,1.250,");
        }
    }
}
