package dev.purser.server.inputs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelInputsTest {
    private static final ModelMetadata TEXT = model(new TensorMetadata("text", Datatype.BYTES, List.of(-1L, -1L)));

    @TempDir
    private Path directory;

    private static ModelMetadata model(TensorMetadata... inputs) {
        return new ModelMetadata("m", List.of(), ModelMetadata.ONNX, List.of(inputs), List.of());
    }

    @Test
    void everyDatatypeIsMadeUpInTheShapeThatTheModelDeclares() {
        List<TensorMetadata> inputs = new ArrayList<>();
        for (Datatype type : Datatype.values()) {
            inputs.add(new TensorMetadata(type.name(), type, List.of(-1L, 3L, 2L)));
        }
        InferRequest request = ModelInputs.synthesise(model(inputs.toArray(TensorMetadata[]::new)), 5, 4, 1);

        assertThat(request.inputs()).hasSize(Datatype.values().length);
        for (Tensor tensor : request.inputs()) {
            assertThat(tensor.shape()).containsExactly(5, 3, 2);
            assertThat(tensor.name()).isEqualTo(tensor.datatype().name());
        }
        assertThat(find(request, "INT64").longs()).containsOnly(0, 1);
        for (float value : find(request, "FP32").floats()) {
            assertThat(value).isBetween(0f, 1f);
        }
        assertThat(find(request, "FP32").floats()).doesNotHaveDuplicates();
        assertThat(find(request, "BYTES").strings()).allMatch(text -> text.split(" ").length == 4);
    }

    private static Tensor find(InferRequest request, String name) {
        return request.inputs().stream()
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aSeedMakesTheSameRequestAndAnotherMakesAnother() {
        InferRequest request = ModelInputs.synthesise(TEXT, 3, 16, 9);
        assertThat(ModelInputs.synthesise(TEXT, 3, 16, 9)).isEqualTo(request);
        assertThat(ModelInputs.synthesise(TEXT, 3, 16, 10)).isNotEqualTo(request);
    }

    @Test
    void freeDimensionsAreSixteenButOneForTexts() {
        ModelMetadata free = model(new TensorMetadata("ids", Datatype.INT64, List.of(-1L, -1L)));
        assertThat(ModelInputs.synthesise(free, 2, 1, 1).inputs().getFirst().shape())
                .containsExactly(2, ModelInputs.FREE_DIMENSION);
        assertThat(ModelInputs.synthesise(TEXT, 2, 1, 1).inputs().getFirst().shape())
                .containsExactly(2, 1);
        ModelMetadata scalar = model(new TensorMetadata("x", Datatype.FP32, List.of()));
        assertThat(ModelInputs.synthesise(scalar, 1, 1, 1).inputs().getFirst().elements())
                .isEqualTo(1);
    }

    @Test
    void whatTheModelDoesNotAllowIsRefused() {
        ModelMetadata fixed = model(new TensorMetadata("x", Datatype.FP32, List.of(1L, 4L)));
        assertThat(ModelInputs.synthesise(fixed, 1, 1, 1).inputs().getFirst().shape())
                .containsExactly(1, 4);
        assertThatThrownBy(() -> ModelInputs.synthesise(fixed, 2, 1, 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no batches of 2");
        for (List<Long> huge : List.of(List.of(1L << 40), List.of(1L << 20, 1L << 20, 1L << 30, 1L << 62))) {
            ModelMetadata model = model(new TensorMetadata("x", Datatype.FP32, huge));
            assertThatThrownBy(() -> ModelInputs.synthesise(model, 1, 1, 1))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("--input");
        }
        assertThatThrownBy(() -> ModelInputs.synthesise(model(), 1, 1, 1)).isInstanceOf(InputException.class);
    }

    @Test
    void aTextFileHasOneRequestInEachLineThatIsNotBlank() throws IOException {
        Path file = Files.writeString(directory.resolve("texts"), "Grüße aus Wien\n\n  and more \n");
        assertThat(ModelInputs.read(file, TEXT))
                .extracting(request -> request.inputs().getFirst().strings().getFirst())
                .containsExactly("Grüße aus Wien", "and more");
        assertThat(ModelInputs.read(file, TEXT).getFirst().inputs().getFirst().shape())
                .containsExactly(1, 1);
    }

    @Test
    void aJsonFileIsOneRequest() throws IOException {
        Path file = Files.writeString(directory.resolve("r.json"), """
                {"parameters": {"min_accuracy": 0.5},
                 "inputs": [{"name": "x", "datatype": "INT32", "shape": [2], "data": [1, 2]}]}
                """);
        InferRequest request = ModelInputs.read(file, null).getFirst();
        assertThat(request.parameters()).containsEntry("min_accuracy", 0.5);
        assertThat(request.inputs()).containsExactly(Tensor.ints("x", new long[] {2}, 1, 2));
    }

    @Test
    void filesThatCannotBeSentSayWhy() throws IOException {
        assertUnusable("nix.txt", null, TEXT, "there is no file");
        assertUnusable("empty.txt", "\n \n", TEXT, "holds no text");
        assertUnusable("a.txt", "text", null, "does not say what its model's inputs are called");
        assertUnusable(
                "b.txt", "text", model(new TensorMetadata("x", Datatype.FP32, List.of(1L))), "inputs of model 'm'");
        assertUnusable("c.txt", "text", model(new TensorMetadata("x", Datatype.BYTES, List.of(-1L, 2L))), "2");
        assertUnusable("d.json", "{\"inputs\": [{\"name\": \"x\"}]}", TEXT, "needs name, shape, datatype and data");
        Path latin = Files.write(directory.resolve("latin.txt"), "Grüße".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> ModelInputs.read(latin, TEXT)).hasMessageContaining("is not UTF-8");
    }

    private void assertUnusable(String name, String content, ModelMetadata model, String problem) throws IOException {
        Path file = directory.resolve(name);
        if (content != null) {
            Files.writeString(file, content);
        }
        assertThatThrownBy(() -> ModelInputs.read(file, model))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(problem);
    }
}
