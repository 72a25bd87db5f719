package dev.purser.worker;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime's environment, of which a process has one. Its native libraries are loaded from the cache: left to itself,
 * the runtime unpacks 28 MB to a temporary directory in each process and at each start, and where they come from elsewhere it
 * still makes that directory and leaves it behind when the process is killed.
 */
public final class OnnxRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

    /** The runtime's own setting: a directory with both of its libraries; whoever sets it knows better. */
    private static final String PATH = "onnxruntime.native.path";

    private static boolean prepared;

    private OnnxRuntime() {}

    /**
     * The environment; the libraries are loaded with the first call in a process.
     *
     * @param files keeps the libraries
     * @return the one environment of this process
     * @throws dev.purser.core.InputException when the libraries cannot be kept there
     */
    public static OrtEnvironment environment(ModelFiles files) {
        synchronized (OnnxRuntime.class) {
            if (!prepared && System.getProperty(PATH) == null) {
                useCache(files);
            }
            OrtEnvironment environment =
                    OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "purser");
            if (!prepared) {
                removeEmptyDirectory();
            }
            prepared = true;
            try {
                environment.setTelemetry(false);
            } catch (OrtException e) {
                LOG.debug("telemetry cannot be set: {}", e.getMessage());
            }
            return environment;
        }
    }

    /** The runtime's own temporary directory, which it means to delete when the process ends, but not when it is killed. */
    private static void removeEmptyDirectory() {
        try {
            Field field = Class.forName(OrtEnvironment.class.getPackageName() + ".OnnxRuntime")
                    .getDeclaredField("tempDirectory");
            field.setAccessible(true);
            if (field.get(null) instanceof Path directory) {
                Files.deleteIfExists(directory);
            }
        } catch (ReflectiveOperationException | RuntimeException | IOException e) {
            LOG.debug("the runtime's temporary directory stays until the process ends: {}", e.toString());
        }
    }

    private static void useCache(ModelFiles files) {
        String folder = platform();
        String core = System.mapLibraryName("onnxruntime");
        String bridge = System.mapLibraryName("onnxruntime4j_jni");
        URL coreUrl = OrtEnvironment.class.getResource("native/" + folder + "/" + core);
        URL bridgeUrl = OrtEnvironment.class.getResource("native/" + folder + "/" + bridge);
        if (coreUrl == null || bridgeUrl == null || coreUrl.getProtocol().equals("file")) {
            LOG.debug("the runtime unpacks its own libraries: there are none for {} in a jar", folder);
            return;
        }
        System.setProperty(
                "onnxruntime.native.onnxruntime.path",
                files.file(coreUrl, "native").toString());
        System.setProperty(
                "onnxruntime.native.onnxruntime4j_jni.path",
                files.file(bridgeUrl, "native").toString());
    }

    /** The runtime's name for this machine. */
    private static String platform() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String system = os.contains("win") ? "win" : os.contains("mac") ? "osx" : "linux";
        String processor = arch.startsWith("aarch64") || arch.startsWith("arm64") ? "aarch64" : "x64";
        return system + "-" + processor;
    }
}
