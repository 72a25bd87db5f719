package dev.purser.worker;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a worker process is started: by the Java that runs this process, with this process's class path.
 *
 * @param java the java program
 * @param classPath the class path; models that are named {@code classpath:} are looked up on it
 * @param heapMb the largest Java heap, in MB of 2^20 bytes, 32 or more; ONNX Runtime's memory comes on top
 * @param quickStart whether code is compiled for a quick start only: ready in about a third less CPU time, and nearly
 *     twice the CPU time a request in the long run, so right for a sandbox that answers little
 * @param archive a {@link StartArchive}, which halves the time until ready; null for none
 * @param options further options of the Java virtual machine
 */
public record WorkerCommand(
        Path java,
        String classPath,
        int heapMb,
        boolean quickStart,
        @Nullable Path archive,
        List<String> options) {
    /** The code that a worker ends with when its Java heap is full. */
    public static final int OUT_OF_MEMORY = 3;

    private static final int DEFAULT_HEAP_MB = 256;

    public WorkerCommand {
        if (heapMb < 32) {
            throw new IllegalArgumentException("heapMb is " + heapMb + ", but it must be 32 or more");
        }
        options = List.copyOf(options);
    }

    /**
     * The Java and the class path of this process, with a heap of 256 MB, compiled for the long run.
     *
     * @return a command
     */
    public static WorkerCommand ofThisProcess() {
        String program = File.separatorChar == '\\' ? "java.exe" : "java";
        return new WorkerCommand(
                Path.of(System.getProperty("java.home"), "bin", program),
                absolute(System.getProperty("java.class.path")),
                DEFAULT_HEAP_MB,
                false,
                null,
                List.of());
    }

    private static String absolute(String classPath) {
        List<String> entries = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            if (!entry.isEmpty()) {
                entries.add(Path.of(entry).toAbsolutePath().toString());
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    /**
     * This command with another heap.
     *
     * @param mb the largest Java heap, in MB of 2^20 bytes, 32 or more
     * @return a command
     */
    public WorkerCommand withHeapMb(int mb) {
        return new WorkerCommand(java, classPath, mb, quickStart, archive, options);
    }

    /**
     * This command compiled for a quick start or for the long run.
     *
     * @param quick whether for a quick start
     * @return a command
     */
    public WorkerCommand withQuickStart(boolean quick) {
        return new WorkerCommand(java, classPath, heapMb, quick, archive, options);
    }

    /**
     * This command with an archive.
     *
     * @param file as {@link StartArchive} makes it; null for none
     * @return a command
     */
    public WorkerCommand withArchive(@Nullable Path file) {
        return new WorkerCommand(java, classPath, heapMb, quickStart, file, options);
    }

    /**
     * This command with further options of the Java virtual machine.
     *
     * @param more the options, behind those that there are
     * @return a command
     */
    public WorkerCommand withOptions(List<String> more) {
        List<String> all = new ArrayList<>(options);
        all.addAll(more);
        return new WorkerCommand(java, classPath, heapMb, quickStart, archive, all);
    }

    /** The command line. The configuration goes to the process's standard input. */
    public List<String> arguments() {
        List<String> line = new ArrayList<>();
        line.add(java.toString());
        line.add("-Xmx" + heapMb + "m");
        line.add("-XX:+UseSerialGC");
        line.add("-XX:-UsePerfData");
        line.add("-XX:+ExitOnOutOfMemoryError");
        // standard output is the report's alone
        line.add("-XX:+DisplayVMOutputToStderr");
        line.add("-Xlog:disable");
        line.add("-Xlog:all=error:stderr");
        line.add("--enable-native-access=ALL-UNNAMED");
        if (quickStart) {
            line.add("-XX:TieredStopAtLevel=1");
        }
        if (archive != null) {
            line.add((StartArchive.isAheadOfTime() ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=") + archive);
        }
        line.addAll(options);
        line.add(Worker.class.getName());
        return line;
    }

    /**
     * What the process's environment needs beyond this one's: the class path, which has no place on the command line of
     * a process that others list; no telemetry, and no threads of the libraries' own.
     */
    public Map<String, String> environment() {
        return Map.of(
                "CLASSPATH", classPath,
                "ORT_DISABLE_TELEMETRY", "1",
                "OPT_OUT_TRACKING", "true",
                "DJL_OFFLINE", "true",
                "TOKENIZERS_PARALLELISM", "false",
                "MALLOC_ARENA_MAX", "2");
    }

    /**
     * Starts a worker. Its first line on standard output is a {@link WorkerReport}; whoever starts it reads on, and
     * keeps the process's standard input open for as long as the worker is to live where the configuration has the
     * parent watch.
     *
     * @param configuration what it serves
     * @param log where its standard error goes
     * @return the process
     * @throws IOException when it cannot be started
     */
    public Process start(WorkerConfiguration configuration, Redirect log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(arguments());
        builder.environment().putAll(environment());
        // what others set there for a JVM of theirs would be written to standard output
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        builder.redirectError(log);
        Process process = builder.start();
        try {
            OutputStream in = process.getOutputStream();
            in.write((configuration.toLine() + "\n").getBytes(StandardCharsets.UTF_8));
            in.flush();
            return process;
        } catch (IOException e) {
            process.destroyForcibly();
            throw e;
        }
    }
}
