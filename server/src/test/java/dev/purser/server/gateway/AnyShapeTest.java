package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.json.Json;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a worker takes the gateway takes too: sizes of nothing, and any shape where none is declared. */
final class AnyShapeTest {
    private static final TestBackend.Network DECODER = new TestBackend.Network(
            List.of(
                    new TensorMetadata("past", Datatype.FP32, List.of(1L, -1L, 2L)),
                    new TensorMetadata("mask", Datatype.FP32, List.of())),
            List.of(new TensorMetadata("sizes", Datatype.INT64, List.of(2L))),
            request -> List.of(Tensor.longs(
                    "sizes",
                    new long[] {2},
                    request.inputs().get(0).elements(),
                    request.inputs().get(1).elements())));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1,0,2] | []    | [1]  | [0] | 0,1",
                "[1,1,2] | [1,2] | []   | [0] | 2,1",
                "[1,0,2] | []    | [0]  | []  | 0,0",
                "[1,1,2] | [1,2] | [2,1]| [1,1] | 2,2"
            })
    void goesThroughAsItIs(String past, String pasts, String mask, String masks, String sizes) throws Exception {
        try (TestGateway gateway =
                new TestGateway(settings -> settings, new TestBackend(SpecificationTest.WORKLOAD, DECODER))) {
            HttpResponse<String> response =
                    gateway.post("/v2/models/mymodel/infer", """
                    {"inputs": [{"name": "past", "datatype": "FP32", "shape": %s, "data": %s},
                                {"name": "mask", "datatype": "FP32", "shape": %s, "data": %s}]}
                    """.formatted(past, pasts, mask, masks));
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(Json.parse("response", response.body())
                            .path("outputs")
                            .get(0)
                            .path("data")
                            .toString())
                    .isEqualTo("[" + sizes + "]");
        }
    }
}
