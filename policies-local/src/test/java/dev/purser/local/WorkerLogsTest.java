package dev.purser.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What workers print is kept within bounds, and never at their cost. */
final class WorkerLogsTest {
    private static final long LIMIT = 16_000;

    @TempDir
    private Path directory;

    private static InputStream lines(String prefix, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(prefix).append(' ').append(i).append('\n');
        }
        return new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private long size() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            long size = 0;
            for (Path file : files.toList()) {
                size += Files.size(file);
            }
            return size;
        }
    }

    @Test
    void aWorkersLinesAreInItsFile() throws IOException {
        WorkerLogs logs = new WorkerLogs(directory.resolve("made"), LIMIT);
        logs.open("c7a.large#3").drain(lines("line", 3));
        assertThat(directory.resolve("made/c7a.large-3.log")).hasContent("line 0\nline 1\nline 2\n");
        logs.open("c7a.large#3").drain(lines("again", 1));
        assertThat(directory.resolve("made/c7a.large-3.log")).hasContent("line 0\nline 1\nline 2\nagain 0\n");
    }

    @Test
    void aWorkerThatPrintsALotKeepsItsLastLines() throws IOException {
        WorkerLogs logs = new WorkerLogs(directory, LIMIT);
        WorkerLogs.Log log = logs.open("loud");
        log.drain(lines("line", 5000));
        assertThat(Files.size(directory.resolve("loud.log"))).isLessThanOrEqualTo(1000);
        assertThat(Files.size(directory.resolve("loud.log.1"))).isLessThanOrEqualTo(1000);
        assertThat(Files.readString(directory.resolve("loud.log"))).endsWith("line 4999\n");
        assertThat(log.tail()).hasSize(20).last().isEqualTo("line 4999");
        assertThat(size()).isLessThanOrEqualTo(2000);
    }

    @Test
    void theOldestFilesMakeRoom() throws IOException {
        Files.writeString(directory.resolve("of-another-run.log"), "x".repeat(9000));
        Files.writeString(directory.resolve("not-a-log.txt"), "x".repeat(9000));
        WorkerLogs logs = new WorkerLogs(directory, LIMIT);
        for (int worker = 0; worker < 40; worker++) {
            logs.open("w" + worker).drain(lines("of " + worker, 80));
            assertThat(size() - 9000).isLessThanOrEqualTo(LIMIT);
        }
        assertThat(directory.resolve("of-another-run.log")).doesNotExist();
        assertThat(directory.resolve("w0.log")).doesNotExist();
        assertThat(directory.resolve("w39.log")).exists();
        assertThat(directory.resolve("not-a-log.txt")).exists();
    }

    @Test
    void manyWorkersAtOnceStayWithinTheLimitTogether() throws IOException {
        WorkerLogs logs = new WorkerLogs(directory, LIMIT);
        List<WorkerLogs.Log> open = new ArrayList<>();
        for (int worker = 0; worker < 64; worker++) {
            open.add(logs.open("w" + worker));
        }
        for (int i = 0; i < 100; i++) {
            for (WorkerLogs.Log log : open) {
                log.line("line " + i);
            }
        }
        assertThat(size()).isLessThanOrEqualTo(LIMIT);
        assertThat(open).allSatisfy(log -> assertThat(log.tail()).last().isEqualTo("line 99"));
    }

    @Test
    void aDiskThatIsFullCostsOnlyTheLines() throws IOException {
        AtomicInteger writes = new AtomicInteger();
        WorkerLogs logs = new WorkerLogs(directory, LIMIT, file -> new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                writes.incrementAndGet();
                throw new IOException("No space left on device");
            }
        });
        WorkerLogs.Log log = logs.open("w");
        InputStream in = lines("line", 1000);
        log.drain(in);
        assertThat(in.available()).isZero();
        assertThat(log.tail()).last().isEqualTo("line 999");
        // it is not tried again with every line
        assertThat(writes).hasValue(1);
    }

    @Test
    void aDirectoryThatCannotBeMadeCostsOnlyTheLines() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "in the way");
        WorkerLogs.Log log = new WorkerLogs(file.resolve("logs"), LIMIT).open("w");
        log.drain(lines("line", 10));
        assertThat(log.tail()).hasSize(10);
    }

    @Test
    void linesWithoutEndAreCut() throws IOException {
        WorkerLogs.Log log = new WorkerLogs(directory, 1 << 20).open("w");
        log.drain(new ByteArrayInputStream(("x".repeat(100_000) + "\nshort").getBytes(StandardCharsets.UTF_8)));
        assertThat(log.tail()).hasSize(2);
        assertThat(log.tail().getFirst()).hasSize(8192);
        assertThat(log.tail().getLast()).isEqualTo("short");
    }

    @Test
    void withoutADirectoryTheLastLinesAreKept() {
        WorkerLogs.Log log = new WorkerLogs(null, LIMIT).open("w");
        log.drain(lines("line", 3));
        assertThat(log.tail()).containsExactly("line 0", "line 1", "line 2");
    }
}
