package dev.purser.worker;

import dev.purser.core.model.ModelSource;
import dev.purser.core.model.TextEmbedding;
import java.nio.file.Path;

/** What the tests of this module share. */
final class TestFiles {
    /** Native libraries are unpacked once for all tests. */
    static final ModelFiles CACHE = ModelFiles.in(Path.of("target", "model-cache"));

    /** A quantised sentence embedding network. */
    static final ModelSource MINILM = new ModelSource(
            "classpath:all-minilm-l6-v2-q.onnx",
            new TextEmbedding("classpath:all-minilm-l6-v2-q-tokenizer.json", TextEmbedding.Pooling.MEAN, 128, ""));

    private TestFiles() {}
}
