package dev.purser.server.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ResponseHeadTest {

    private static ResponseHead read(String json) throws IOException {
        return ResponseHead.read(json.getBytes(StandardCharsets.UTF_8), -1);
    }

    @Test
    void whatIsAskedForIsFoundWhereverItStands() throws IOException {
        ResponseHead expected = new ResponseHead("m", "v", "function", true, 1.25);
        String parameters = "\"parameters\": {\"why\": {\"x\": [1]}, \"variant\": \"v\", \"cold_start\": true,"
                + " \"platform\": \"function\", \"cost_usd\": 1e-6, \"inference_ms\": 1.25}";
        String outputs = "\"outputs\": [{\"name\": \"y\", \"parameters\": {\"variant\": \"no\"}, \"data\": [[1, 2]]}]";
        assertThat(read("{\"model_name\": \"m\", " + parameters + ", " + outputs + "}"))
                .isEqualTo(expected);
        assertThat(read("{" + outputs + ", \"id\": null, " + parameters + ", \"model_name\": \"m\"}"))
                .isEqualTo(expected);
        assertThat(read("{\"model_name\": \"m\", \"outputs\": [], \"parameters\": null}"))
                .isEqualTo(new ResponseHead("m", null, null, false, null));
        assertThat(read("{\"model_name\": \"m\", \"outputs\": [], \"parameters\": {\"inference_ms\": \"soon\"}}")
                        .inferenceMs())
                .isNull();
    }

    @Test
    void binaryTensorsBehindTheJsonAreNotRead() throws IOException {
        String json = "{\"model_name\": \"m\", \"outputs\": []}";
        byte[] body = (json + "\0\1\2{").getBytes(StandardCharsets.UTF_8);
        assertThat(ResponseHead.read(body, json.length()).model()).isEqualTo("m");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "<html>",
                "{\"model_name\": \"m\"}",
                "{\"outputs\": []}",
                "{\"model_name\": \"m\", \"outputs\": {}}",
                "{\"model_name\": \"m\", \"outputs\": [",
            })
    void anythingElseIsNotAResponse(String body) {
        assertThatThrownBy(() -> read(body)).isInstanceOf(IOException.class);
    }
}
