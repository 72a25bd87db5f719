package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import java.net.http.HttpResponse;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that cannot be served: each is told what would be right, and leaves the server as it was. */
final class BadRequestTest {
    private static final String INFER = "/v2/models/digits/infer";
    private static TestGateway gateway;

    @BeforeAll
    static void open() {
        gateway = new TestGateway();
    }

    @AfterAll
    static void close() {
        gateway.close();
    }

    private static Arguments of(String path, String body, int status, String... said) {
        return Arguments.of(path, body, status, said);
    }

    private static String input(String name, String datatype, String shape, String data) {
        return "{\"inputs\": [{\"name\": \"" + name + "\", \"datatype\": \"" + datatype + "\", \"shape\": " + shape
                + ", \"data\": " + data + "}]}";
    }

    private static String asking(String parameters) {
        return TestGateway.json("\"parameters\": {" + parameters + "},");
    }

    static Stream<Arguments> mistakes() {
        String good = TestGateway.json("");
        return Stream.of(
                of("/v2/models/digit/infer", good, 404, "no model 'digit'", "'digits'", "large, small"),
                of("/v2/models/digits/versions/2/infer", good, 404, "no version '2'", "'1'"),
                of("/v2/models/digits/version/1/infer", good, 404, "POST /v2/models/NAME"),
                of("/v1/models/digits:predict", good, 404, "there is nothing at /v1"),
                of("/v2/models/digits/explain", good, 404, "there is nothing at"),
                of("/", good, 404, "GET /v2/health/live"),
                of("/v2", good, 405, "GET"),
                of("/v2/models/digits", good, 405, "GET"),
                of(INFER, "", 400, "empty"),
                of(INFER, "{", 400, "line 1"),
                of(INFER, "[]", 400, "must be an object"),
                of(INFER, "{}", 400, "no 'inputs'"),
                of(INFER, "{\"inputs\": []}", 400, "at least one"),
                of(INFER, input("inptu", "FP32", "[1, 784]", "[]"), 400, "784"),
                of(INFER, good.replace("\"input\"", "\"inptu\""), 400, "no input 'inptu'", "'input' (FP32 [-1, 784])"),
                of(INFER, good.replace("FP32", "FP64"), 400, "is FP64", "takes FP32"),
                of(INFER, good.replace("FP32", "F32"), 400, "no datatype 'F32'", "FP32"),
                of(INFER, good.replace("[1, 784]", "[1, 783]"), 400, "783"),
                of(INFER, good.replace("[1, 784]", "[784]"), 400, "shape [784]", "[-1, 784]"),
                of(INFER, good.replace("[1, 784]", "[2, 392]"), 400, "shape [2, 392]", "[-1, 784]"),
                of(INFER, good.replace("[1, 784]", "[-1, 784]"), 400, "-1"),
                of(INFER, good.replace("[0,1,", "[\"0\",1,"), 400, "the text '0'", "number"),
                of(INFER, good.replace("[0,1,", "[1e400,1,"), 400, "element 0"),
                of(INFER, good.replace("[0,1,", "[NaN,1,"), 400, "NaN", "binary"),
                of(INFER, "[".repeat(100_000), 400, "object"),
                of(INFER, "{\"a\":".repeat(5000), 400, "depth"),
                of(
                        INFER,
                        TestGateway.json("\"outputs\": [{\"name\": \"outptu\"}],"),
                        400,
                        "no output 'outptu'",
                        "'output' (FP32 [-1, 10])"),
                of(INFER, asking("\"max_latency_ms\": -5"), 400, "max_latency_ms is -5", "over 0"),
                of(INFER, asking("\"max_latency_ms\": 0"), 400, "max_latency_ms is 0"),
                of(INFER, asking("\"max_latency_ms\": 3600001"), 400, "an hour"),
                of(INFER, asking("\"max_latency_ms\": \"100\""), 400, "the text '100'", "a number"),
                of(INFER, asking("\"max_latency_ms\": NaN"), 400, "NaN"),
                of(INFER, asking("\"min_accuracy\": 80"), 400, "min_accuracy is 80", "0.8"),
                of(INFER, asking("\"max_cost_usd_per_1k\": 1e9"), 400, "US dollars"),
                of(INFER, asking("\"urgency\": \"now\""), 400, "'now'", "'strict'", "'relaxed'"),
                of(INFER, asking("\"max_latency\": 100"), 400, "max_latency is not known", "max_latency_ms"),
                of(INFER, asking("\"latency_ms\": 100"), 400, "latency_ms is not known", "max_latency_ms"),
                of(INFER, asking("\"slo_ms\": 100"), 400, "slo_ms is not known"),
                of(INFER, asking("\"class\": \"interactiv\""), 400, "'interactiv'", "maybe: 'interactive'"),
                of(INFER, asking("\"class\": \"archive\", \"max_latency_ms\": 5"), 400, "'archive'", "give either"),
                of(INFER, asking("\"max_latency_ms\": 1"), 422, "no variant of pool 'digits' can", "fastest", "2.0 ms"),
                of(INFER, asking("\"min_accuracy\": 0.99"), 422, "most accurate has 0.987"),
                of(INFER, asking("\"max_cost_usd_per_1k\": 1e-9"), 422, "the cheapest costs"),
                of(
                        "/v2/models/large/infer",
                        asking("\"max_latency_ms\": 5"),
                        422,
                        "its variant 'large' cannot meet its SLO",
                        "20.0 ms"),
                of("/v2/models/digits/feedback", "{\"correct\": 1, \"variant\": \"small\"}", 400, "true or false"),
                of("/v2/models/digits/feedback", "{\"correct\": true}", 400, "either 'request_id'"),
                of("/v2/models/digits/feedback", "{\"corect\": true}", 400, "'correct'"),
                of("/v2/models/digits/feedback", "{\"correct\": true, \"variant\": \"smal\"}", 404, "'small'"),
                of("/v2/models/digits/feedback", "{\"correct\": true, \"variant\": \"digits\"}", 404, "application"),
                of("/v2/models/digits/feedback", "{\"correct\": true, \"request_id\": \"none\"}", 404, "'none'"),
                of(
                        "/v2/models/large/feedback",
                        "{\"correct\": true, \"variant\": \"small\"}",
                        400,
                        "the answer was by 'small'"));
    }

    @ParameterizedTest(name = "{0} {2} {3}")
    @MethodSource("mistakes")
    void saysWhatWouldBeRight(String path, String body, int status, String[] said) throws Exception {
        HttpResponse<String> response = gateway.post(path, body);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        JsonNode error = Json.parse("error", response.body());
        assertThat(error).hasSize(1);
        assertThat(error.path("error").asText()).contains(said).hasSizeLessThan(1200);
        assertThat(gateway.post(INFER, TestGateway.json("")).statusCode()).isEqualTo(200);
    }

    @Test
    void letsOtherParametersPass() throws Exception {
        assertThat(gateway.post(INFER, asking("\"sequence_id\": 7, \"priority\": 2, \"timeout\": 100"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void countsThemAsTheClientsMistakes() throws Exception {
        gateway.post(INFER, "{}");
        assertThat(gateway.admin("/metrics").body())
                .containsPattern(
                        "purser_requests_total\\{class=\"none\",outcome=\"invalid\",platform=\"none\",variant=\"none\"\\} [1-9]");
    }

    @Test
    void doesNotTakeAByteCountThatIsWrong() throws Exception {
        String json = "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[1,784],"
                + "\"parameters\":{\"binary_data_size\":3132}}]}";
        HttpResponse<String> response = gateway.post(
                INFER, json + "x".repeat(3132), "Inference-Header-Content-Length", Integer.toString(json.length()));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("3136").contains("3132");

        HttpResponse<String> wrong =
                gateway.post(INFER, json, "Inference-Header-Content-Length", Integer.toString(json.length() + 1));
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("Inference-Header-Content-Length");
    }
}
