package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the launcher chooses a JDK. */
final class LauncherTest {
    @TempDir
    private Path directory;

    private Path launcher;

    @BeforeEach
    void find() {
        launcher = Path.of("..", "purser").toAbsolutePath().normalize();
        assumeTrue(Files.isExecutable(launcher), "the launcher is not here");
        assumeTrue(
                Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
                        .anyMatch(path -> Files.isExecutable(Path.of(path, "bash"))),
                "bash is not here");
    }

    @Test
    void takesTheOneThatIsNamed() throws Exception {
        Path jdk = jdk("my jdk", "21.0.1", true);
        assertThat(printJdk(launcher, Map.of("PURSER_JAVA_HOME", jdk.toString())))
                .isEqualTo(new Cli(0, jdk + "\n", ""));
    }

    @Test
    void takesTheNewest() throws Exception {
        Path newest = jdk("home/.sdkman/candidates/java/b", "2100.0.10", true);
        jdk("home/.sdkman/candidates/java/a", "2100.0.9", true);
        jdk("home/.sdkman/candidates/java/c", "2100.1", false);
        Path mentioned = jdk("mentioned", "1999.5", true);
        assertThat(printJdk(
                        launcher,
                        Map.of(
                                "HOME", directory.resolve("home").toString(),
                                "JAVA_HOME", mentioned.toString(),
                                "PURSER_JAVA_HOME", "")))
                .isEqualTo(new Cli(0, newest + "\n", ""));
    }

    @Test
    void asksJavaWhereThereIsNoReleaseFile() throws Exception {
        Path jdk = jdk("jdk", "", true);
        Files.delete(jdk.resolve("release"));
        Files.writeString(jdk.resolve("bin/java"), "#!/bin/sh\necho 'openjdk version \"22.0.2\" 2024-07-16' >&2\n");
        assertThat(printJdk(launcher, Map.of("PURSER_JAVA_HOME", jdk.toString()))
                        .out())
                .isEqualTo(jdk + "\n");
    }

    @Test
    void saysWhatItNeedsAndWhereItLooked() throws Exception {
        for (String version : List.of("17.0.9", "1.8.0_402")) {
            Path old = jdk("old" + version, version, true);
            Cli cli = printJdk(launcher, Map.of("PURSER_JAVA_HOME", old.toString()));
            assertThat(cli.code()).isEqualTo(1);
            assertThat(cli.out()).isEmpty();
            assertThat(cli.err())
                    .startsWith("purser: a JDK of version 21 or newer is needed")
                    .contains("$PURSER_JAVA_HOME (" + old + ")")
                    .contains(old + ": " + version)
                    .contains("Maybe: ");
        }
    }

    @Test
    void worksThroughSymbolicLinks() throws Exception {
        Path jdk = jdk("jdk", "21", true);
        Path link = Files.createSymbolicLink(directory.resolve("link"), launcher);
        Path again = Files.createSymbolicLink(
                Files.createDirectory(directory.resolve("a b")).resolve("purser"), link);
        assertThat(printJdk(again, Map.of("PURSER_JAVA_HOME", jdk.toString())).out())
                .isEqualTo(jdk + "\n");
    }

    private Path jdk(String name, String version, boolean compiler) throws IOException {
        Path home = directory.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
        List<String> programs = new ArrayList<>(List.of("java"));
        if (compiler) {
            programs.add("javac");
        }
        for (String program : programs) {
            Path file = Files.writeString(home.resolve("bin").resolve(program), "#!/bin/sh\nexit 1\n");
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }
        return home;
    }

    private Cli printJdk(Path script, Map<String, String> environment) throws IOException, InterruptedException {
        Path out = directory.resolve("out.txt");
        Path err = directory.resolve("err.txt");
        ProcessBuilder builder = new ProcessBuilder(script.toString(), "--print-jdk")
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        return new Cli(
                code, Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
    }
}
