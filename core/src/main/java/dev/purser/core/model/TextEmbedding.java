package dev.purser.core.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A sentence-embedding network: texts in, one unit vector each out.
 *
 * @param tokenizer the tokenizer's file in the form of Hugging Face's {@code tokenizer.json}: a path, relative to the
 *     pool's file, or {@code classpath:NAME}
 * @param pooling how the vectors of the tokens become one
 * @param maxTokens longer texts are cut off, 1 to 8192
 * @param prefix put before each text, as some networks were trained; may be empty
 */
public record TextEmbedding(
        String tokenizer,
        Pooling pooling,
        @JsonProperty(defaultValue = "256") int maxTokens,
        @JsonProperty(defaultValue = "\"\"") String prefix) {

    /** How the vectors of a text's tokens become one. */
    public enum Pooling {
        /** Their mean. */
        @JsonProperty("mean")
        MEAN,
        /** That of the first token, which stands for the whole. */
        @JsonProperty("cls")
        CLS
    }

    public TextEmbedding {
        if (tokenizer.isBlank()) {
            throw new IllegalArgumentException("tokenizer is blank");
        }
        if (maxTokens < 1 || maxTokens > 8192) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + ", but it must be 1 to 8192");
        }
    }
}
