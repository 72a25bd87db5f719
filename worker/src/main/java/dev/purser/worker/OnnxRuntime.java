package dev.purser.worker;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import java.net.URL;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime's environment, of which a process has one. Its native libraries are loaded from the cache: left to itself,
 * the runtime unpacks 28 MB to a temporary directory in each process and at each start.
 */
final class OnnxRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

    /** The runtime's own setting: a directory with both of its libraries; whoever sets it knows better. */
    private static final String PATH = "onnxruntime.native.path";

    /**
     * The runtime searches the process's command line with a recursive regular expression when its environment is made: 4
     * KB of class path there overflow a thread's usual stack, which ends the process. Only pages that are used cost memory.
     */
    private static final long STACK = 1L << 29;

    private static boolean prepared;

    private OnnxRuntime() {}

    /** The environment; the libraries are loaded with the first call. */
    static OrtEnvironment environment(ModelFiles files) {
        synchronized (OnnxRuntime.class) {
            if (!prepared && System.getProperty(PATH) == null) {
                useCache(files);
            }
            if (!prepared) {
                first();
            }
            prepared = true;
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            try {
                environment.setTelemetry(false);
            } catch (OrtException e) {
                LOG.debug("telemetry cannot be set: {}", e.getMessage());
            }
            return environment;
        }
    }

    /** Makes the environment on a stack that is large enough. */
    private static void first() {
        CompletableFuture<OrtEnvironment> made = new CompletableFuture<>();
        Runnable make = () -> {
            try {
                made.complete(OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "purser"));
            } catch (RuntimeException | Error e) {
                made.completeExceptionally(e);
            }
        };
        Thread thread = new Thread(null, make, "purser onnxruntime", STACK);
        thread.setDaemon(true);
        thread.start();
        try {
            made.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
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
