package dev.purser.benchmarks.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.purser.worker.protocol.EncodedMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read from the kernel and from wrk, and what wrk is given. */
class HarnessTest {
    @TempDir
    private Path directory;

    @Test
    void processorTimeIsThatOfTheProcessAndOfItsChildrenThatEnded() {
        // the name of a process may have spaces and brackets; 1200 + 34 + 5 + 6 ticks
        String stat = "4242 (a (b) c) S 1 4242 4242 0 -1 4194304 90 80 70 60 1200 34 5 6 20 0 22 0 1234 5678 910\n";
        assertThat(ProcessUsage.ticks(stat)).isEqualTo(1245);
    }

    @Test
    void memoryIsThePeakAndNotThePresent() {
        List<String> status =
                List.of("Name:\tjava", "VmPeak:\t 9000000 kB", "VmHWM:\t  123456 kB", "VmRSS:\t  100000 kB");
        assertThat(ProcessUsage.peakKib(status)).isEqualTo(123_456);
        assertThat(ProcessUsage.peakKib(List.of("Name:\tjava", "State:\tZ (zombie)")))
                .isZero();
    }

    @Test
    void aProcessIsSeenToWork() {
        assumeThat(Path.of("/proc/self/stat")).isReadable();
        ProcessUsage before = ProcessUsage.ofTree(ProcessHandle.current());
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (ProcessUsage.ofTree(ProcessHandle.current()).cpuMicros() - before.cpuMicros() < 50_000) {
            assertThat(System.nanoTime()).as("50 ms of work are counted").isLessThan(deadline);
        }
        assertThat(before.peakKib()).isGreaterThan(10_000);
    }

    @Test
    void theMachineIsBusyWithAllButIdlingAndWaiting() {
        String stat = "cpu  1000 200 300 999999 888888 40 5 6 70 70\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assertThat(SystemUsage.busyTicks(stat)).isEqualTo(1000 + 200 + 300 + 40 + 5 + 6);
        // a second: three processors' worth of work, one of it by the server and a half by this process
        SystemUsage before = new SystemUsage(0, 0);
        SystemUsage after = new SystemUsage(3_000_000, 500_000);
        assertThat(after.othersSince(before, 1_000_000, 1_000_000_000)).isEqualTo(1.5, within(1e-9));
    }

    @Test
    void whatWrkPrintsIsRead() {
        String output = """
                Running 1s test @ http://127.0.0.1:1234/v2/models/mlp/infer
                  1 threads and 32 connections
                  Thread Stats   Avg      Stdev     Max   +/- Stdev
                    Latency     1.00ms    0.50ms   9.00ms   90.00%
                Requests/sec:  12345.67
                measured requests=12500 micros=1250000 p50=900 p99=4321 connect=1 read=2 write=3 timeout=4 status=5
                """;
        Wrk.Result result = Wrk.parse(output);
        assertThat(result).isEqualTo(new Wrk.Result(12_500, 1_250_000, 900, 4321, 15));
        assertThat(result.perSecond()).isEqualTo(10_000);
        assertThatThrownBy(() -> Wrk.parse("unable to connect"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("unable to connect");
    }

    @Test
    void wrkIsGivenTheBodyAsItIs() throws Exception {
        byte[] body = {'{', '}', 0, 1, (byte) 0xff};
        new Wrk(new EncodedMessage(body, 2), directory);
        assertThat(directory.resolve("body")).hasBinaryContent(body);
        assertThat(Files.readString(directory.resolve("load.lua")))
                .contains(
                        "io.open([==[" + directory.resolve("body") + "]==], \"rb\")",
                        "wrk.headers[\"Inference-Header-Content-Length\"] = \"2\"",
                        "\"application/octet-stream\"");
        assertThat(Wrk.script(new EncodedMessage(body, -1), directory))
                .contains("\"application/json\"")
                .doesNotContain("Inference-Header");
    }

    @Test
    void anAnswerIsAsWrongAsItsWorstValue() {
        assertThat(AnswerCheck.difference(new float[] {1, 2, 3}, new float[] {1, 2.5f, 2.75f}))
                .isEqualTo(0.5);
        assertThat(AnswerCheck.difference(new float[] {1, Float.NaN, 3}, new float[] {1, 2, 3}))
                .isInfinite();
        assertThat(AnswerCheck.difference(new float[] {1, 2}, new float[] {1, 2, 3}))
                .isInfinite();
    }

    @Test
    void whatTheRawLoopPrintsIsRead() {
        RawLoop.Result result = new RawLoop.Result(1000, 20_000_000, 40_000_000);
        assertThat(RawLoop.Result.isOne(result.line())).isTrue();
        assertThat(RawLoop.Result.parse(result.line())).isEqualTo(result);
        assertThat(result.perSecond()).isEqualTo(25_000);
        assertThat(result.cpuMicros()).isEqualTo(20);
    }
}
