package dev.purser.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChainPartTest {
    private static ChainPart part(String name, int memoryMb, long outBytes) {
        return new ChainPart(name, memoryMb, 100, 50, 10, outBytes, new ModelSource(name + ".onnx", null));
    }

    private static Variant variant(
            @Nullable FunctionProfile function, @Nullable ModelSource model, ChainPart... parts) {
        return new Variant("net", 0.8, null, 20, 100, Map.of(), function, model, List.of(parts));
    }

    @Test
    void aChainIsReadFromJson() {
        String json = """
                {"name": "net", "accuracy": 0.8, "sizeMb": 20, "loadMs": 100, "chain": [
                  {"name": "head", "memoryMb": 512, "latencyMs": 100, "loadMs": 50, "sizeMb": 10, "outBytes": 4096,
                   "model": {"onnx": "head.onnx"}},
                  {"name": "tail", "memoryMb": 1024, "latencyMs": 100, "loadMs": 50, "sizeMb": 10, "outBytes": 0,
                   "model": {"onnx": "tail.onnx"}}]}""";
        Variant expected = variant(null, null, part("head", 512, 4096), part("tail", 1024, 0));
        assertThat(Json.read("test", Json.parse("test", json), Variant.class)).isEqualTo(expected);
        assertThat(Json.read("test", Json.parse("test", Json.write(expected)), Variant.class))
                .isEqualTo(expected);
    }

    @Test
    void saysWhatIsWrong() {
        ChainPart head = part("head", 512, 1);
        ChainPart tail = part("tail", 512, 0);
        assertThatThrownBy(() -> variant(null, null, tail))
                .hasMessageContaining("of 1 parts, but it must be 2 to 1000");
        assertThatThrownBy(() -> variant(new FunctionProfile(new TreeMap<>(Map.of(512, 1.0))), null, head, tail))
                .hasMessageContaining("has a function profile too");
        assertThatThrownBy(() -> variant(null, new ModelSource("whole.onnx", null), head, tail))
                .hasMessageContaining("no vm profile to run it");
        assertThatThrownBy(() -> variant(null, null, head, part("head", 512, 0)))
                .hasMessageContaining("two parts of the name 'head'");
        assertThatThrownBy(() -> variant(null, null, head, part("tail", 512, 7)))
                .hasMessageContaining("chain[1].outBytes is 7");
        assertThatThrownBy(() -> part("p", 0, 0)).hasMessageContaining("memoryMb is 0");
        assertThatThrownBy(() -> part("p", 512, -1)).hasMessageContaining("outBytes is -1");
        assertThatThrownBy(() -> part(" ", 512, 0)).hasMessageContaining("blank");
        assertThatThrownBy(() -> new ChainPart("p", 512, 0, 0, 0, 0, null)).hasMessageContaining("latencyMs is 0.0");
        TextEmbedding text = new TextEmbedding("t.json", TextEmbedding.Pooling.MEAN, 16, "");
        assertThatThrownBy(() -> new ChainPart("p", 512, 1, 0, 0, 0, new ModelSource("p.onnx", text)))
                .hasMessageContaining("model.text is given");
    }

    @Test
    void memoryThatThePriceBookDoesNotOfferIsRefusedWithThePart() {
        assertThatThrownBy(() -> catalog(part("head", 512, 1), part("tail", 500, 0), null))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(
                        "variant 'net', chain[1].memoryMb",
                        "500 MB is not a memory size",
                        "128 to 3008 MB in steps of 64");
    }

    @Test
    void aPromiseThatTheWholeChainCannotKeepIsRefused() {
        assertThat(catalog(part("head", 512, 1), part("tail", 512, 0), Duration.ofMillis(200))
                        .fastestNanos(0))
                .isEqualTo(200_000_000);
        assertThatThrownBy(() -> catalog(part("head", 512, 1), part("tail", 512, 0), Duration.ofMillis(199)))
                .hasMessageContaining("the fastest candidate takes 200.0 ms");
    }

    private static ServiceCatalog catalog(ChainPart head, ChainPart tail, @Nullable Duration maxLatency) {
        return new ServiceCatalog(
                new Workload(
                        "w",
                        "",
                        new Application(
                                "task",
                                new ModelPool("p", "", List.of(variant(null, null, head, tail))),
                                List.of(new RequestClass(
                                        "all", 1, null, new Slo(Slo.Urgency.STRICT, maxLatency, null, null)))),
                        List.of(),
                        new FunctionConfiguration(List.of(512), 10),
                        "us-east-1-2019"),
                PriceBooks.named("us-east-1-2019"));
    }
}
