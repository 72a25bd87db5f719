package dev.purser.server.profile;

import dev.purser.core.model.ModelSource;
import dev.purser.core.model.TextEmbedding;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** Moves the paths of a model's files; names on the class path stay. */
final class Sources {
    private Sources() {}

    static ModelSource map(ModelSource source, UnaryOperator<Path> move) {
        TextEmbedding text = source.text();
        return new ModelSource(
                map(source.onnx(), move),
                text == null
                        ? null
                        : new TextEmbedding(
                                map(text.tokenizer(), move), text.pooling(), text.maxTokens(), text.prefix()),
                source.batchable());
    }

    private static String map(String file, UnaryOperator<Path> move) {
        return file.startsWith(ModelSource.CLASSPATH)
                ? file
                : move.apply(Path.of(file)).toString().replace('\\', '/');
    }
}
