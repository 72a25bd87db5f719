package dev.purser.server.profile;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The machine that a profile was measured on.
 *
 * @param processors what the Java virtual machine may use
 * @param model the processor's name; null where the system does not say
 * @param os the operating system and its architecture
 * @param java the Java virtual machine
 * @param onnxRuntime the version of ONNX Runtime
 * @param load how many threads ran or wanted to when the profile was begun, on average over the last minute; null where
 *     the system does not say
 */
public record Machine(
        int processors,
        @Nullable String model,
        String os,
        String java,
        String onnxRuntime,
        @Nullable Double load) {
    /** Of the processors, what others may use before what is measured is no longer the model alone. */
    private static final double MOST_LOAD = 0.3;

    /** Whether others used the machine when the profile was begun. */
    public boolean busy() {
        return load != null && load > MOST_LOAD * processors;
    }

    /** How many threads run or want to, on average over the last minute; null where the system does not say. */
    static @Nullable Double currentLoad() {
        double average = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        return average < 0 ? null : average;
    }

    static Machine thisOne(String onnxRuntime, @Nullable Double load) {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                processorModel(),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                onnxRuntime,
                load);
    }

    private static @Nullable String processorModel() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(null);
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    /** In a line, for people. */
    @Override
    public String toString() {
        return (model == null ? "" : model + ", ") + processors + (processors == 1 ? " processor, " : " processors, ")
                + os + ", " + java + ", ONNX Runtime " + onnxRuntime;
    }
}
