package dev.purser.worker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InferenceCodecTest {
    /** The specification's example; its second input has one element where its shape asks for three. */
    private static final String EXAMPLE = """
            { "id" : "42",
              "inputs" : [
                { "name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ 1, 2, 3, 4 ] },
                { "name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true ] }
              ],
              "outputs" : [ { "name" : "output0" } ] }
            """;

    @Test
    void readsTheExampleOfTheSpecification() {
        InferRequest request = read(EXAMPLE.replace("[ true ]", "[ true, false, true ]"));

        assertThat(request.id()).isEqualTo("42");
        assertThat(request.inputs().get(0).longs()).containsExactly(1, 2, 3, 4);
        assertThat(request.inputs().get(0).shape()).containsExactly(2, 2);
        assertThat(request.inputs().get(1).booleans()).containsExactly(true, false, true);
        assertThat(request.outputs()).containsExactly(new RequestedOutput("output0", null));
        assertThat(request.wantsBinary("output0")).isFalse();
    }

    @Test
    void saysWhatIsMissingFromTheExampleAsItIsPrinted() {
        assertThatThrownBy(() -> read(EXAMPLE)).hasMessage("input 'input1' has 1 elements, but shape [3] needs 3");
    }

    @Test
    void readsTheExampleOfTheBinaryExtension() throws Exception {
        byte[] json = """
                { "model_name" : "mymodel",
                  "inputs" : [
                    { "name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32",
                      "parameters" : { "binary_data_size" : 16 } },
                    { "name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL",
                      "parameters" : { "binary_data_size" : 3 } }
                  ],
                  "outputs" : [ { "name" : "output0", "parameters" : { "binary_data" : true } } ] }
                """.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(json);
        body.write(new byte[] {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0});
        body.write(new byte[] {1, 0, 1});

        InferRequest request = InferenceCodec.readRequest(body.toByteArray(), json.length);

        assertThat(request.inputs().get(0).longs()).containsExactly(1, 2, 3, 4);
        assertThat(request.inputs().get(1).booleans()).containsExactly(true, false, true);
        assertThat(request.wantsBinary("output0")).isTrue();
    }

    @Test
    void writesTheResponsesOfTheExamples() {
        Tensor output = Tensor.floats("output0", new long[] {3, 2}, 1.0f, 1.1f, 2.0f, 2.1f, 3.0f, 3.1f);
        InferResponse response = new InferResponse("mymodel", "1", "42", Map.of(), List.of(output));

        EncodedMessage json = InferenceCodec.writeResponse(response, name -> false);
        EncodedMessage binary = InferenceCodec.writeResponse(response, name -> true);

        assertThat(json.jsonLength()).isEqualTo(-1);
        assertThat(json.contentType()).isEqualTo("application/json");
        assertThat(new String(json.body(), StandardCharsets.UTF_8))
                .isEqualTo("{\"model_name\":\"mymodel\",\"model_version\":\"1\",\"id\":\"42\",\"outputs\":["
                        + "{\"name\":\"output0\",\"datatype\":\"FP32\",\"shape\":[3,2],"
                        + "\"data\":[1.0,1.1,2.0,2.1,3.0,3.1]}]}");
        assertThat(binary.contentType()).isEqualTo("application/octet-stream");
        assertThat(new String(binary.body(), 0, binary.jsonLength(), StandardCharsets.UTF_8))
                .endsWith("\"shape\":[3,2],\"parameters\":{\"binary_data_size\":24}}]}");
        assertThat(binary.body()).hasSize(binary.jsonLength() + 24);
        assertThat(InferenceCodec.readResponse(binary.body(), binary.jsonLength()))
                .isEqualTo(response);
    }

    @Test
    void theRequestSaysWhichOutputsItWantsInBinary() {
        InferRequest request = read("""
                {"parameters": {"binary_data_output": true, "priority": 3, "temperature": 0.5, "user": "a", "dry": false},
                 "inputs": [{"name": "x", "shape": [1], "datatype": "INT8", "data": [1]}],
                 "outputs": [{"name": "a"}, {"name": "b", "parameters": {"binary_data": false}}]}
                """);

        assertThat(request.wantsBinary("a")).isTrue();
        assertThat(request.wantsBinary("b")).isFalse();
        assertThat(request.parameters())
                .isEqualTo(Map.of("priority", 3L, "temperature", 0.5, "user", "a", "dry", false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'name':'x','shape':[2,2],'datatype':'FP32','data':[[1,2.5],[-3e2,4]]}",
                "{'data':[[1,2.5],[-3e2,4]],'datatype':'FP32','shape':[2,2],'name':'x'}",
                "{'data' : [ 1,2.5, -300.0 ,4 ] , 'unknown':{'a':[1,{}]},'shape':[2,2],'name':'x','datatype':'FP32'}",
                "{'shape':[2,2],'parameters':{'a':1},'name':'x','datatype':'FP32','data':[1.0,2.5,-300,4]}"
            })
    void takesDataFlatOrNestedAndFieldsInAnyOrder(String input) {
        InferRequest request = read("{\"more\":null,\"inputs\":[" + input.replace('\'', '"') + "]}");

        assertThat(request.inputs()).containsExactly(Tensor.floats("x", new long[] {2, 2}, 1f, 2.5f, -300f, 4f));
        assertThat(request.outputs()).isEmpty();
        assertThat(request.id()).isNull();
    }

    @RepeatedTest(300)
    void readsBackWhatItWrote(RepetitionInfo repetition) {
        long seed = 20_000 + repetition.getCurrentRepetition();
        RandomTensors random = new RandomTensors(seed);
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i <= random.draw(3); i++) {
            tensors.add(random.next("tensor " + i));
        }
        Map<String, Object> parameters = Map.of("text", random.text(), "count", (long) random.draw(99), "share", 0.25);
        InferRequest request = new InferRequest(
                random.text(),
                parameters,
                tensors,
                List.of(new RequestedOutput("y", random.draw(2) == 0)),
                random.draw(2) == 0);
        InferResponse response = new InferResponse("m", null, random.text(), parameters, tensors);

        for (boolean binary : new boolean[] {false, true}) {
            EncodedMessage sent = InferenceCodec.writeRequest(request, binary);
            assertThat(InferenceCodec.readRequest(sent.body(), sent.jsonLength()))
                    .as("seed %d", seed)
                    .isEqualTo(request);
        }
        EncodedMessage mixed = InferenceCodec.writeResponse(response, name -> name.hashCode() % 2 == 0);
        assertThat(InferenceCodec.readResponse(mixed.body(), mixed.jsonLength()))
                .as("seed %d", seed)
                .isEqualTo(response);
    }

    /** Decimal texts near and at the middle between two floats or doubles, where rounding twice would show. */
    @RepeatedTest(50)
    void roundsEachNumberOnceToTheNearest(RepetitionInfo repetition) {
        long seed = 30_000 + repetition.getCurrentRepetition();
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            double wide = Math.abs(random.nextGaussian()) * Math.pow(10, random.nextInt(-12, 12));
            if (Float.isFinite(value) && Float.isFinite(Math.nextUp(value))) {
                BigDecimal middle = new BigDecimal(value)
                        .add(new BigDecimal(Math.nextUp(value)))
                        .divide(BigDecimal.valueOf(2));
                texts.add(Float.toString(value));
                texts.add(middle.round(new MathContext(9 + random.nextInt(9))).toString());
                texts.add(new BigDecimal(value).round(new MathContext(60)).toString());
            }
            texts.add(Double.toString(wide));
            texts.add(String.format(Locale.ROOT, "%." + random.nextInt(1, 18) + "f", wide));
            texts.add(16777217L + 2L * random.nextInt(1000) + (random.nextBoolean() ? "" : ".0000000000001"));
        }
        String request = """
                {"inputs": [{"name": "f", "shape": [COUNT], "datatype": "FP32", "data": DATA},
                            {"name": "d", "shape": [COUNT], "datatype": "FP64", "data": DATA}]}
                """.replace("COUNT", Integer.toString(texts.size())).replace("DATA", texts.toString());

        InferRequest read = read(request);

        float[] floats = read.inputs().get(0).floats();
        double[] doubles = read.inputs().get(1).doubles();
        for (int i = 0; i < floats.length; i++) {
            assertThat(floats[i]).as("%s, seed %d", texts.get(i), seed).isEqualTo(Float.parseFloat(texts.get(i)));
            assertThat(doubles[i]).as("%s, seed %d", texts.get(i), seed).isEqualTo(Double.parseDouble(texts.get(i)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"01", "1.", ".5", "+1", "1e", "1e+", "- 1", "0x1", "1_0", "--1", "1,,2", ",1", "1,"})
    void takesNoNumberThatJsonDoesNotKnow(String data) {
        for (String datatype : List.of("FP32", "FP64", "INT32", "UINT64")) {
            String request =
                    "{'inputs':[{'name':'x','shape':[2],'datatype':'" + datatype + "','data':[1, " + data + "]}]}";
            assertThatThrownBy(() -> read(request.replace('\'', '"')))
                    .as(datatype)
                    .isInstanceOf(ProtocolException.class);
        }
    }

    @Test
    void errorsBehindNumbersAreSaidToBeWhereTheyAre() {
        String request = "{'inputs':[{'name':'x','shape':[2],\n'datatype':'INT8','data':[1,\n\n2]}\n !";

        assertThatThrownBy(() -> read(request.replace('\'', '"'))).hasMessageContaining("line 5, column 2");
    }

    @Test
    void binaryInputsAreViewsOfTheBody() {
        EncodedMessage sent =
                InferenceCodec.writeRequest(InferRequest.of(Tensor.floats("x", new long[] {1}, 1f)), true);
        Tensor read = InferenceCodec.readRequest(sent.body(), sent.jsonLength())
                .inputs()
                .get(0);

        ByteBuffer.wrap(sent.body(), sent.jsonLength(), 4)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putFloat(7f);

        assertThat(read.floats()).containsExactly(7f);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | the body is empty",
                "[] | the body is an array, but it must be an object",
                "{ | the body is not JSON at line 1, column 2",
                "{'inputs':[X]}{} | the JSON object ends before line 1, column",
                "{} | has no 'inputs'",
                "{'inputs':[]} | has no 'inputs'",
                "{'inputs':{}} | inputs is an object, but it must be an array",
                "{'inputs':[1]} | inputs[0] is 1, but it must be an object",
                "{'inputs':null} | inputs is null",
                "{'id':7,'inputs':[X]} | id is 7, but it must be a text",
                "{'inputs':[X],'inputs':[X]} | 'inputs' twice",
                "{'inputs':[X,X]} | two inputs of the name 'x'",
                "{'inputs':[X],'outputs':[{}]} | outputs[0] has no 'name'",
                "{'inputs':[X],'outputs':[{'name':'y'},{'name':'y'}]} | outputs[1] asks for 'y' a second time",
                "{'inputs':[X],'outputs':[{'name':'y','parameters':{'binary_data':1}}]} | binary_data must be true or false",
                "{'inputs':[X],'parameters':{'binary_data_output':'yes'}} | must be true or false",
                "{'inputs':[X],'parameters':{'a':[]}} | parameters.a is an array, but it must be a text, a number",
                "{'inputs':[X],'parameters':{'a':1,'a':2}} | parameters has 'a' twice",
                "{'inputs':[X],'parameters':{'a':99999999999999999999}} | whole number of at most 64 bits",
                "{'inputs':[X],'parameters':{'a':1e999}} | within the range of FP64"
            })
    void refusesMalformedRequests(String body, String message) {
        String input = "{'name':'x','shape':[1],'datatype':'FP32','data':[1]}";
        assertRefused(body.replace("X", input), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'shape':[1],'datatype':'FP32','data':[1]} | inputs[0] has no 'name'",
                "{'name':'x','datatype':'FP32','data':[1]} | input 'x' has no 'shape'",
                "{'name':'x','shape':[1],'data':[1]} | input 'x' has no 'datatype'",
                "{'name':'x','shape':[1],'datatype':'FP32'} | input 'x' has no 'data', and no parameter binary_data_size",
                "{'name':'x','name':'y','shape':[1],'datatype':'FP32','data':[1]} | 'name' twice",
                "{'name':'x','shape':[1],'datatype':'FP31','data':[1]} | input 'x': there is no datatype 'FP31'; the datatypes are BOOL",
                "{'name':'x','shape':1,'datatype':'FP32','data':[1]} | shape is 1, but it must be an array",
                "{'name':'x','shape':[1.5],'datatype':'FP32','data':[1]} | shape[0] is 1.5, but it must be a whole number",
                "{'name':'x','shape':[-1],'datatype':'FP32','data':[1]} | shape[0] is -1, but it must be 0 or more",
                "{'name':'x','shape':[99999999999,99999999999],'datatype':'FP32','data':[1]} | more than the 2 GiB",
                "{'name':'x','shape':[18446744073709551615],'datatype':'FP32','data':[1]} | whole number of at most 64 bits",
                "{'name':'x','shape':[100000000],'datatype':'FP32','data':[1]} | needs 100000000 elements, but the JSON has only",
                "{'name':'x','shape':[2],'datatype':'FP32','data':[1]} | has 1 elements, but shape [2] needs 2",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[1,2]} | has more than the 1 elements of shape [1]",
                "{'name':'x','shape':[1],'datatype':'FP32','data':1} | data is 1, but it must be an array",
                "{'name':'x','shape':[2,2],'datatype':'FP32','data':[[1,2],[3]]} | an array at depth 2 has 1 entries, but shape [2, 2] needs 2",
                "{'name':'x','shape':[2,2],'datatype':'FP32','data':[[1,2],[3,4],[5,6]]} | depth 1 has more than the 2 entries",
                "{'name':'x','shape':[2,2],'datatype':'FP32','data':[[1,2],3]} | data at depth 1 is 3, but it must be an array",
                "{'name':'x','shape':[2,2],'datatype':'FP32','data':[1,[2,3],4]} | element 1 is an array",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[[1]]} | element 0 is an array, but FP32 needs a number",
                "{'name':'x','shape':[1],'datatype':'FP32','data':['1']} | element 0 is the text '1', but FP32 needs a number",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[null]} | element 0 is null",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[NaN]} | input 'x': NaN and infinity are not JSON",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[-Infinity]} | input 'x': ",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[1e39]} | within the range of FP32",
                "{'name':'x','shape':[1],'datatype':'FP64','data':[-1e309]} | within the range of FP64",
                "{'name':'x','shape':[1],'datatype':'FP16','data':[65520]} | within the range of FP16",
                "{'name':'x','shape':[1],'datatype':'INT8','data':[128]} | element 0 is 128, but INT8 needs a whole number of -128 to 127",
                "{'name':'x','shape':[1],'datatype':'INT16','data':[-32769]} | -32768 to 32767",
                "{'name':'x','shape':[1],'datatype':'INT32','data':[2147483648]} | -2147483648 to 2147483647",
                "{'name':'x','shape':[1],'datatype':'INT64','data':[9223372036854775808]} | 9223372036854775807",
                "{'name':'x','shape':[1],'datatype':'INT64','data':[1.0]} | element 0 is 1.0, but INT64 needs a whole number",
                "{'name':'x','shape':[1],'datatype':'UINT8','data':[-1]} | 0 to 255",
                "{'name':'x','shape':[1],'datatype':'UINT16','data':[65536]} | 0 to 65535",
                "{'name':'x','shape':[1],'datatype':'UINT32','data':[4294967296]} | 0 to 4294967295",
                "{'name':'x','shape':[1],'datatype':'UINT64','data':[18446744073709551616]} | 0 to 18446744073709551615",
                "{'name':'x','shape':[1],'datatype':'BOOL','data':[1]} | element 0 is 1, but BOOL needs true or false",
                "{'name':'x','shape':[1],'datatype':'BYTES','data':[1]} | BYTES needs a text",
                "{'name':'x','shape':[2],'datatype':'BYTES','data':['a','b\\ud83d']} | element 1 is the text",
                "{'name':'x','shape':[1],'datatype':'BYTES','data':['\\ude00\\ud83d']} | half of a surrogate pair",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[1],'parameters':{'binary_data_size':4}} | both 'data' and binary_data_size",
                "{'name':'x','shape':[1],'datatype':'FP32','parameters':{'binary_data_size':4}} | the header Inference-Header-Content-Length is missing",
                "{'name':'x','shape':[1],'datatype':'FP32','parameters':{'binary_data_size':-4}} | must be a number of bytes",
                "{'name':'x','shape':[1],'datatype':'FP32','parameters':{'binary_data_size':'4'}} | must be a number of bytes",
                "{'name':'x','shape':[1],'datatype':'FP32','data':[1} | input 'x': the body is not JSON at line 1"
            })
    void refusesMalformedInputs(String input, String message) {
        assertRefused("{'inputs':[" + input + "]}", message);
        String reversed = input.replaceFirst("^\\{(.*),('data':.*)\\}$", "{$2,$1}");
        if (!reversed.equals(input) && !message.contains("line 1") && !message.startsWith("input 'x': ")) {
            assertRefused("{'inputs':[" + reversed + "]}", message.replace("input 'x'", ""));
        }
    }

    private static void assertRefused(String body, String message) {
        assertThatThrownBy(() -> read(body.replace('\'', '"')))
                .as(body)
                .isInstanceOfSatisfying(
                        ProtocolException.class, e -> assertThat(e.status()).isEqualTo(400))
                .hasMessageContaining(message);
    }

    @Test
    void refusesDeepAndLongJson() {
        String deep = "{\"inputs\":[{\"name\":\"x\",\"more\":" + "[".repeat(100_000) + "]}";
        String data = "{\"inputs\":[{\"data\":" + "[".repeat(100_000) + "]}";
        String digits = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":["
                + "1".repeat(5000) + "]}]}";
        String name = "{\"" + "n".repeat(100_000) + "\":1}";

        for (String body : List.of(deep, data, digits, name)) {
            assertThatThrownBy(() -> read(body))
                    .isInstanceOf(ProtocolException.class)
                    .message()
                    .contains("beyond a limit")
                    .hasSizeLessThan(400);
        }
    }

    @Test
    void messagesStayShortWhateverWasSent() {
        String name = "n".repeat(900_000);
        String request =
                "{\"inputs\":[{\"name\":\"" + name + "\",\"shape\":[2],\"datatype\":\"" + name + "\",\"data\":[1]}]}";

        assertThatThrownBy(() -> read(request)).message().hasSizeLessThan(500).contains("nnn...");
    }

    @Test
    void refusesBinaryDataThatDoesNotAddUp() {
        String json =
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":SIZE}}]}";

        assertThatThrownBy(() -> read(json.replace("SIZE", "4"), 3)).hasMessageContaining("only 3 bytes are left");
        assertThatThrownBy(() -> read(json.replace("SIZE", "4"), 5))
                .hasMessage("the body has 5 bytes behind the JSON, but its inputs account for 4");
        assertThatThrownBy(() -> read(json.replace("SIZE", "5"), 5))
                .hasMessage("tensor 'x' has 5 bytes of data, but shape [1] of FP32 needs 4");
        assertThatThrownBy(() -> read(json.replace("SIZE", "9223372036854775807"), 4))
                .hasMessageContaining("are left");
        assertThatThrownBy(() -> InferenceCodec.readRequest(new byte[2], 3)).hasMessageContaining("has 2 bytes");
    }

    @Test
    void readsTheHeaderWithTheLengthOfTheJson() {
        assertThat(InferenceCodec.jsonLength(" 12 ", 12)).isEqualTo(12);
        for (String value : List.of("-1", "13", "x", "", "99999999999")) {
            assertThatThrownBy(() -> InferenceCodec.jsonLength(value, 12)).hasMessageContaining("0 to the 12 bytes");
        }
    }

    @Test
    void whatIsNotJsonMustBeAskedForInBinary() {
        Tensor notANumber = Tensor.floats("y", new long[] {2}, 1f, Float.NaN);
        Tensor notUtf8 = Tensor.bytes("y", new long[] {1}, List.of(new byte[] {(byte) 0xff}));

        for (Tensor output : List.of(notANumber, notUtf8)) {
            InferResponse response = new InferResponse("m", null, null, Map.of(), List.of(output));
            assertThatThrownBy(() -> InferenceCodec.writeResponse(response, name -> false))
                    .isInstanceOfSatisfying(
                            ProtocolException.class, e -> assertThat(e.status()).isEqualTo(500))
                    .hasMessageContaining("ask for this tensor in binary");
            EncodedMessage binary = InferenceCodec.writeResponse(response, name -> true);
            assertThat(InferenceCodec.readResponse(binary.body(), binary.jsonLength()))
                    .isEqualTo(response);
        }
    }

    @Test
    void anOutputIsFoundByName() {
        Tensor y = Tensor.ints("y", new long[] {1}, 1);
        InferResponse response = new InferResponse("m", null, null, Map.of(), List.of(y));

        assertThat(response.output("y")).isSameAs(y);
        assertThatThrownBy(() -> response.output("z"))
                .hasMessage("the response of model 'm' has no output 'z'; it has [y]");
    }

    private static InferRequest read(String json) {
        return InferenceCodec.readRequest(json.getBytes(StandardCharsets.UTF_8), -1);
    }

    private static InferRequest read(String json, int binaryBytes) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = java.util.Arrays.copyOf(text, text.length + binaryBytes);
        return InferenceCodec.readRequest(body, text.length);
    }
}
