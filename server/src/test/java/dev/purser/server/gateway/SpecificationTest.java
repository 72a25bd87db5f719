package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The examples of the Open Inference Protocol's own pages, on a model such as they describe. The text of the first one
 * says that {@code input1} has shape [3] and gives it one element, which contradicts itself: here it has three.
 */
final class SpecificationTest {
    static final String WORKLOAD = """
            {
              "name": "specification", "description": "the model of the specification's examples",
              "application": {
                "name": "app",
                "pool": {"name": "mymodels", "source": "made up", "variants": [
                  {"name": "mymodel", "accuracy": 0.9, "sizeMb": 1, "loadMs": 10, "vm": {"c7a.medium": {"latencyMs": 2, "slots": 4}}}
                ]},
                "classes": [{"name": "any", "weight": 1, "slo": {"urgency": "relaxed"}}]
              },
              "instanceTypes": ["c7a.medium"], "functions": {"memoryMb": [], "concurrencyLimit": 1}, "priceBook": "us-east-1-2026"
            }
            """;
    private static final TestBackend.Network NETWORK = new TestBackend.Network(
            List.of(
                    new TensorMetadata("input0", Datatype.UINT32, List.of(2L, 2L)),
                    new TensorMetadata("input1", Datatype.BOOL, List.of(3L))),
            List.of(new TensorMetadata("output0", Datatype.FP32, List.of(3L, 2L))),
            request -> List.of(Tensor.floats("output0", new long[] {3, 2}, 1, 1.1f, 2, 2.1f, 3, 3.1f)));

    private final TestGateway gateway = new TestGateway(settings -> settings, new TestBackend(WORKLOAD, NETWORK));

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void answersTheExampleInJson() throws Exception {
        HttpResponse<String> response =
                gateway.post("/v2/models/mymodel/infer", """
                {
                  "id" : "42",
                  "inputs" : [
                    {"name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ 1, 2, 3, 4 ]},
                    {"name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true, false, true ]}
                  ],
                  "outputs" : [ { "name" : "output0" } ]
                }
                """, "Content-Type", "application/json");

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        JsonNode json = Json.parse("response", response.body());
        assertThat(json.path("id").asText()).isEqualTo("42");
        assertThat(json.path("outputs"))
                .hasToString("[{\"name\":\"output0\",\"datatype\":\"FP32\",\"shape\":[3,2],"
                        + "\"data\":[1.0,1.1,2.0,2.1,3.0,3.1]}]");
    }

    @Test
    void answersTheExampleWithNestedData() throws Exception {
        HttpResponse<String> response = gateway.post("/v2/models/mymodel/versions/1/infer", """
                {"inputs" : [
                    {"name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ [1, 2], [3, 4] ]},
                    {"name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true, true, true ]}
                ]}
                """);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    @Test
    void saysWhatIsWrongWithTheExampleAsItIsPrinted() throws Exception {
        HttpResponse<String> response = gateway.post("/v2/models/mymodel/infer", """
                {"id" : "42", "inputs" : [
                    {"name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ 1, 2, 3, 4 ]},
                    {"name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true ]}
                ], "outputs" : [ { "name" : "output0" } ]}
                """);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("input1").contains("1 elements").contains("[3]");
    }

    @Test
    void answersTheExampleOfTheBinaryExtension() throws Exception {
        byte[] json = """
                {
                  "model_name" : "mymodel",
                  "inputs" : [
                    {"name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "parameters" : {"binary_data_size" : 16}},
                    {"name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "parameters" : {"binary_data_size" : 3}}
                  ],
                  "outputs" : [ {"name" : "output0", "parameters" : {"binary_data" : true}} ]
                }
                """.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(json);
        body.write(ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(1)
                .putInt(2)
                .putInt(3)
                .putInt(4)
                .array());
        body.write(new byte[] {1, 0, 1});
        HttpResponse<byte[]> response = gateway.client.send(
                HttpRequest.newBuilder(URI.create(gateway.gateway.url() + "/v2/models/mymodel/infer"))
                        .header("Content-Type", "application/octet-stream")
                        .header(InferenceCodec.HEADER, Integer.toString(json.length))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
                        .build(),
                BodyHandlers.ofByteArray());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
        int jsonLength = Integer.parseInt(
                response.headers().firstValue(InferenceCodec.HEADER).orElseThrow());
        assertThat(new String(response.body(), 0, jsonLength, StandardCharsets.UTF_8))
                .contains("\"binary_data_size\":24");
        ByteBuffer data = ByteBuffer.wrap(response.body(), jsonLength, 24).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(data.getFloat()).isEqualTo(1);
        assertThat(data.getFloat()).isEqualTo(1.1f);
    }

    @Test
    void describesTheModelAsTheExampleDoes() throws Exception {
        JsonNode json = Json.parse("metadata", gateway.get("/v2/models/mymodel").body());
        assertThat(json.path("name").asText()).isEqualTo("mymodel");
        assertThat(json.path("versions")).hasToString("[\"1\"]");
        assertThat(json.path("platform").asText()).isEqualTo("onnx_onnxv1");
        assertThat(json.path("inputs"))
                .hasToString("[{\"name\":\"input0\",\"datatype\":\"UINT32\",\"shape\":[2,2]},"
                        + "{\"name\":\"input1\",\"datatype\":\"BOOL\",\"shape\":[3]}]");
        assertThat(json.path("outputs").path(0).path("datatype").asText()).isEqualTo("FP32");
    }
}
