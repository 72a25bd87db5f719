package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.Tensor;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The protocol as clients see it. */
final class GatewayTest {
    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void answersTheApplicationWithAVariantOfItsChoice() throws Exception {
        HttpResponse<String> response = gateway.post("/v2/models/digits/infer", TestGateway.json("\"id\": \"42\","));

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode json = Json.parse("response", response.body());
        assertThat(json.path("model_name").asText()).isEqualTo("digits");
        assertThat(json.path("model_version").asText()).isEqualTo("1");
        assertThat(json.path("id").asText()).isEqualTo("42");
        assertThat(json.path("parameters").path("variant").asText()).isEqualTo("small");
        assertThat(json.path("parameters").path("platform").asText()).isIn("instance", "function");
        assertThat(json.path("parameters").path("server").asText()).isNotEmpty();
        assertThat(json.path("parameters").path("reason").asText()).matches("[a-z0-9-]+");
        assertThat(json.path("parameters").path("selection_reason").asText()).matches("[a-z0-9-]+");
        double latency = json.path("parameters").path("latency_ms").asDouble();
        assertThat(latency).isPositive();
        assertThat(json.path("parameters").path("queue_ms").asDouble()).isBetween(0.0, latency);
        assertThat(json.path("parameters").path("inference_ms").asDouble()).isBetween(0.001, latency);
        assertThat(json.path("parameters").path("cold_start").isBoolean()).isTrue();
        assertThat(json.path("parameters").path("batch").asInt()).isPositive();
        JsonNode output = json.path("outputs").get(0);
        assertThat(output.path("name").asText()).isEqualTo("output");
        assertThat(output.path("shape")).hasToString("[1,10]");
        assertThat(output.path("data").get(3).asDouble()).isEqualTo(3);
    }

    @Test
    void answersInBinary() throws Exception {
        float[] numbers = new float[784];
        numbers[4] = 0.25f;
        EncodedMessage message = InferenceCodec.writeRequest(
                InferRequest.of(Tensor.floats("input", new long[] {1, 784}, numbers)), true);
        HttpResponse<byte[]> response = gateway.binary("/v2/models/small/versions/1/infer", message);

        assertThat(response.statusCode()).isEqualTo(200);
        int jsonLength = Integer.parseInt(
                response.headers().firstValue(InferenceCodec.HEADER).orElseThrow());
        InferResponse read = InferenceCodec.readResponse(response.body(), jsonLength);
        assertThat(read.output("output").floats()[4]).isEqualTo(0.25f);
        assertThat(read.parameters()).containsEntry("variant", "small").doesNotContainKey("selection_reason");
    }

    @Test
    void describesItself() throws Exception {
        assertThat(gateway.get("/v2").body())
                .contains("\"name\":\"purser\"")
                .contains("binary_tensor_data")
                .contains("model_repository");
        assertThat(gateway.get("/v2/health/live").statusCode()).isEqualTo(200);
        assertThat(gateway.get("/v2/health/ready").statusCode()).isEqualTo(200);
        for (String path : List.of("/v2/models/digits", "/v2/models/large", "/v2/models/large/versions/1")) {
            assertThat(gateway.get(path).body())
                    .contains("\"versions\":[\"1\"]")
                    .contains("{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[-1,784]}");
            assertThat(gateway.get(path + "/ready").statusCode()).isEqualTo(200);
        }
        assertThat(gateway.post("/v2/repository/index", "").body())
                .contains("{\"name\":\"digits\",\"version\":\"1\",\"state\":\"READY\"}")
                .contains("\"small\"")
                .contains("\"large\"");
    }
}
