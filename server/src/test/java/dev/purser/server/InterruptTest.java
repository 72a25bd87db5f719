package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A comparison that is stopped in the middle, in a program of its own. */
@Timeout(120)
final class InterruptTest {
    @TempDir
    private Path directory;

    @Test
    void leavesNoFile() throws Exception {
        interrupt(directory.resolve("out"));

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void leavesAnEarlierResultAsItWas() throws Exception {
        Path result = Files.writeString(directory.resolve("result.json"), "earlier");
        interrupt(directory);

        assertThat(result).hasContent("earlier");
        assertThat(directory).isDirectoryNotContaining(file -> !file.equals(result));
    }

    private static void interrupt(Path out) throws IOException, InterruptedException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        "-Dpurser.terminal=true",
                        Main.class.getName(),
                        "compare",
                        "--trace",
                        "constant:rate=50,duration=10m",
                        "--seed",
                        "1..1000",
                        "--out",
                        out.toString()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            waitFor(process.getErrorStream(), "] 3/7000 runs");
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isNotZero();
        } finally {
            process.destroyForcibly();
        }
    }

    private static void waitFor(InputStream stream, String awaited) throws IOException {
        StringBuilder seen = new StringBuilder();
        byte[] bytes = new byte[256];
        while (seen.indexOf(awaited) < 0) {
            int read = stream.read(bytes);
            assertThat(read).as("it ended early and said: %s", seen).isNotNegative();
            seen.append(new String(bytes, 0, read, StandardCharsets.UTF_8));
        }
    }
}
