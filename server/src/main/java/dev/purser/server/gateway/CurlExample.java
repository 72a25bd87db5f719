package dev.purser.server.gateway;

import dev.purser.local.LocalDeployment;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.TensorMetadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** A request that works when it is pasted into a shell. */
public final class CurlExample {
    /** Longer inputs make no example. */
    private static final long MOST_ELEMENTS = 2000;

    private CurlExample() {}

    /**
     * A request for inference by the application, or for its metadata where an input is too long to be typed.
     *
     * @param gateway what is asked
     * @param settings the gateway's
     * @param deployment what answers
     * @return a command line
     */
    public static String of(Gateway gateway, GatewaySettings settings, LocalDeployment deployment) {
        String application = deployment.catalog().workload().application().name();
        String url = gateway.url() + "/v2/models/" + application;
        ModelMetadata metadata;
        try {
            metadata = deployment.metadata(0);
        } catch (ProtocolException e) {
            return curl(settings, url);
        }
        return of(curl(settings, url), metadata);
    }

    private static String curl(GatewaySettings settings, String url) {
        StringBuilder curl = new StringBuilder("curl -s ");
        if (settings.tls() != null) {
            curl.append("--cacert ").append(settings.tls().certificate()).append(' ');
            if (settings.tls().clientCa() != null) {
                curl.append("--cert CLIENT.pem --key CLIENT.key ");
            }
        }
        if (settings.apiKeys() != null) {
            curl.append("-H \"X-API-Key: $(grep -v '^#' ")
                    .append(settings.apiKeys())
                    .append(" | head -n 1)\" ");
        }
        return curl.append(url).toString();
    }

    static String of(String curl, ModelMetadata metadata) {
        List<String> inputs = new ArrayList<>();
        for (TensorMetadata input : metadata.inputs()) {
            List<Long> shape =
                    input.shape().stream().map(size -> size < 0 ? 1L : size).toList();
            long elements = shape.stream().reduce(1L, (a, b) -> Math.min(Integer.MAX_VALUE, a * b));
            if (elements > MOST_ELEMENTS) {
                return curl;
            }
            inputs.add("{\"name\":\"" + input.name() + "\",\"datatype\":\"" + input.datatype() + "\",\"shape\":"
                    + shape.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]")) + ",\"data\":["
                    + String.join(",", Collections.nCopies((int) elements, sample(input.datatype()))) + "]}");
        }
        return curl + "/infer -d '{\"inputs\":[" + String.join(",", inputs) + "]}'";
    }

    private static String sample(Datatype datatype) {
        return switch (datatype) {
            case BYTES -> "\"A sentence to try\"";
            case BOOL -> "true";
            case FP16, FP32, FP64 -> "0.5";
            case UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64 -> "1";
        };
    }
}
