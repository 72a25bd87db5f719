package dev.purser.worker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetadataCodecTest {
    @Test
    void readsBackWhatItWrote() {
        ModelMetadata model = new ModelMetadata(
                "m",
                List.of("1", "2"),
                ModelMetadata.ONNX,
                List.of(new TensorMetadata("x", Datatype.FP32, List.of(-1L, 784L))),
                List.of(new TensorMetadata("y", Datatype.BYTES, List.of())));
        ServerMetadata server = new ServerMetadata("purser", "1", List.of(ServerMetadata.BINARY_TENSOR_DATA));
        List<RepositoryEntry> index =
                List.of(new RepositoryEntry("m", "1", "READY", null), new RepositoryEntry("n", null, null, "gone"));

        assertThat(MetadataCodec.readModel(MetadataCodec.write(model))).isEqualTo(model);
        assertThat(MetadataCodec.readServer(MetadataCodec.write(server))).isEqualTo(server);
        assertThat(MetadataCodec.readIndex(MetadataCodec.write(index))).isEqualTo(index);
        assertThat(MetadataCodec.readError(MetadataCodec.writeError("say \"what\"")))
                .isEqualTo("say \"what\"");
    }

    @Test
    void readsWhatOtherServersWrite() {
        ModelMetadata model = MetadataCodec.readModel(json("""
                {"name": "m", "platform": "sklearn", "versions": null, "properties": {"a": [1]},
                 "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 4], "parameters": {"content_type": "np"}}],
                 "outputs": []}
                """));

        assertThat(model.versions()).isEmpty();
        assertThat(model.inputs()).containsExactly(new TensorMetadata("x", Datatype.FP32, List.of(-1L, 4L)));
    }

    @Test
    void anErrorThatIsNotJsonIsShownAsItIs() {
        assertThat(MetadataCodec.readError(json("<html>no such page"))).isEqualTo("<html>no such page");
        assertThat(MetadataCodec.readError(json("{\"detail\": \"x\"}"))).isEqualTo("{\"detail\": \"x\"}");
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> MetadataCodec.readModel(json("{\"name\": \"m\"}")))
                .hasMessage("'platform' is missing");
        assertThatThrownBy(() -> MetadataCodec.readServer(json("[]"))).hasMessageContaining("an object");
        assertThatThrownBy(() -> MetadataCodec.readIndex(json("{}"))).hasMessageContaining("an array");
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
