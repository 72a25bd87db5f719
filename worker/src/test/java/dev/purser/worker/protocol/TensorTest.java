package dev.purser.worker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TensorTest {
    @Test
    void keepsFloatsLittleEndian() {
        Tensor tensor = Tensor.floats("x", new long[] {2}, 1.0f, -2.5f);

        assertThat(tensor.data().get(3)).isEqualTo((byte) 0x3f);
        assertThat(tensor.floats()).containsExactly(1.0f, -2.5f);
        assertThat(tensor.byteSize()).isEqualTo(8);
        assertThat(tensor.data().isReadOnly()).isTrue();
    }

    @Test
    void keepsTextsBehindTheirLengths() {
        Tensor tensor = Tensor.strings("t", new long[] {2}, List.of("ab", "é"));

        assertThat(tensor.data())
                .isEqualTo(ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 'a', 'b', 2, 0, 0, 0, (byte) 0xc3, (byte) 0xa9}));
        assertThat(tensor.strings()).containsExactly("ab", "é");
    }

    @Test
    void readsWhatItWasMadeOf() {
        assertThat(Tensor.doubles("x", new long[] {1}, Math.PI).doubles()).containsExactly(Math.PI);
        assertThat(Tensor.longs("x", new long[] {2}, Long.MIN_VALUE, 7).longs()).containsExactly(Long.MIN_VALUE, 7);
        assertThat(Tensor.ints("x", new long[] {1, 1}, -3).longs()).containsExactly(-3);
        assertThat(Tensor.booleans("x", new long[] {2}, true, false).booleans()).containsExactly(true, false);
        ByteBuffer half = ByteBuffer.wrap(new byte[] {0, 0x3c});
        assertThat(Tensor.of("h", Datatype.FP16, new long[] {1}, half).floats()).containsExactly(1.0f);
        ByteBuffer unsigned = ByteBuffer.wrap(new byte[] {-1, -1, -1, -1});
        assertThat(Tensor.of("u", Datatype.UINT32, new long[] {1}, unsigned).longs())
                .containsExactly(4294967295L);
        assertThat(Tensor.of("u", Datatype.UINT16, new long[] {2}, unsigned).longs())
                .containsExactly(65535, 65535);
        assertThat(Tensor.of("u", Datatype.UINT8, new long[] {4}, unsigned).longs())
                .containsExactly(255, 255, 255, 255);
        assertThat(Tensor.of("i", Datatype.INT8, new long[] {4}, unsigned).longs())
                .containsExactly(-1, -1, -1, -1);
        assertThat(Tensor.of("i", Datatype.INT16, new long[] {2}, unsigned).longs())
                .containsExactly(-1, -1);
    }

    @Test
    void aScalarHasOneElementAndNoRows() {
        Tensor scalar = Tensor.floats("s", new long[0], 3f);

        assertThat(scalar.elements()).isEqualTo(1);
        assertThatThrownBy(scalar::rows).hasMessage("tensor 's' is a scalar and has no rows");
        assertThatThrownBy(() -> Tensor.concat(List.of(scalar, scalar))).hasMessageContaining("scalar");
    }

    @Test
    void refusesDataThatItsShapeDoesNotAskFor() {
        assertThatThrownBy(() -> Tensor.floats("x", new long[] {2, 2}, 1f))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("tensor 'x' has 1 elements, but shape [2, 2] needs 4");
        assertThatThrownBy(() -> Tensor.of("x", Datatype.FP32, new long[] {3}, ByteBuffer.allocate(11)))
                .hasMessage("tensor 'x' has 11 bytes of data, but shape [3] of FP32 needs 12");
        assertThatThrownBy(() -> Tensor.of("x", Datatype.FP32, new long[] {-1}, ByteBuffer.allocate(4)))
                .hasMessageContaining("0 or more");
        assertThatThrownBy(() -> Tensor.of(
                        "x", Datatype.FP64, new long[] {1 << 20, 1 << 20, 1 << 20, 1 << 20}, ByteBuffer.allocate(8)))
                .hasMessageContaining("2 GiB");
        assertThatThrownBy(() -> Tensor.of("x", Datatype.INT8, new long[33], ByteBuffer.allocate(0)))
                .hasMessageContaining("at most 32");
        assertThatThrownBy(() -> Tensor.of("b", Datatype.BOOL, new long[] {1}, ByteBuffer.wrap(new byte[] {2})))
                .hasMessageContaining("must be 0 or 1");
    }

    @Test
    void refusesTextsWhoseLengthsDoNotFit() {
        assertThatThrownBy(() -> texts(2, 1, 0, 0, 0, 'a'))
                .hasMessageContaining("data for 1 elements")
                .hasMessageContaining("needs 2");
        assertThatThrownBy(() -> texts(1, 9, 0, 0, 0, 'a'))
                .hasMessageContaining("said to have 9 bytes, but 1 are left");
        assertThatThrownBy(() -> texts(1, 255, 255, 255, 255, 'a')).hasMessageContaining("4294967295");
        assertThatThrownBy(() -> texts(1, 1, 0, 0, 0, 'a', 'b')).hasMessageContaining("1 bytes behind its 1 elements");
    }

    private static Tensor texts(long count, int... bytes) {
        ByteBuffer data = ByteBuffer.allocate(bytes.length);
        for (int b : bytes) {
            data.put((byte) b);
        }
        return Tensor.of("t", Datatype.BYTES, new long[] {count}, data.flip());
    }

    @Test
    void refusesToReadOneTypeAsAnother() {
        assertThatThrownBy(() -> Tensor.longs("x", new long[] {1}, 1).floats())
                .hasMessage("tensor 'x' is of INT64, not of FP32");
        assertThatThrownBy(() -> Tensor.floats("x", new long[] {1}, 1).longs())
                .hasMessage("tensor 'x' is of FP32, not of whole numbers");
        assertThatThrownBy(() -> Tensor.floats("x", new long[] {1}, 1).strings())
                .hasMessageContaining("BYTES");
    }

    @Test
    void joinsOnlyWhatFitsTogether() {
        Tensor two = Tensor.floats("x", new long[] {1, 2}, 1, 2);

        assertThatThrownBy(() -> Tensor.concat(List.of(two, Tensor.floats("x", new long[] {1, 3}, 1, 2, 3))))
                .hasMessage(
                        "tensors of 'x' cannot be joined: shapes [1, 2] and [1, 3] differ beyond the first dimension");
        assertThatThrownBy(() -> Tensor.concat(List.of(two, Tensor.doubles("x", new long[] {1, 2}, 1, 2))))
                .hasMessageContaining("one is of FP32 and another of FP64");
        assertThatThrownBy(() -> Tensor.concat(List.of(two, Tensor.floats("x", new long[] {2}, 1, 2))))
                .hasMessageContaining("differ");
        assertThatThrownBy(() -> Tensor.concat(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void cutsOnlyRowsThatAreThere() {
        Tensor three = Tensor.strings("t", new long[] {3}, List.of("a", "bb", "ccc"));

        assertThat(three.slice(1, 2).strings()).containsExactly("bb", "ccc");
        assertThat(three.slice(3, 0).strings()).isEmpty();
        assertThatThrownBy(() -> three.slice(2, 2)).hasMessageContaining("has 3 rows");
        assertThatThrownBy(() -> three.split(1, 1)).hasMessageContaining("2 were to be cut");
    }

    @RepeatedTest(200)
    void cutsWhatItJoined(RepetitionInfo repetition) {
        long seed = 7_000 + repetition.getCurrentRepetition();
        RandomTensors random = new RandomTensors(seed);
        Datatype datatype = random.datatype();
        long[] trailing = random.shape();
        List<Tensor> parts = new ArrayList<>();
        long[] counts = new long[1 + random.draw(5)];
        long rows = 0;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = random.draw(4);
            rows += counts[i];
            long[] shape = new long[trailing.length + 1];
            shape[0] = counts[i];
            System.arraycopy(trailing, 0, shape, 1, trailing.length);
            parts.add(random.next("x", datatype, shape));
        }

        Tensor joined = Tensor.concat(parts);

        assertThat(joined.rows()).as("seed %d", seed).isEqualTo(rows);
        assertThat(joined.split(counts)).as("seed %d", seed).isEqualTo(parts);
        assertThat(Tensor.of("x", datatype, joined.shape(), joined.data()))
                .as("seed %d", seed)
                .isEqualTo(joined);
        long from = 0;
        for (int i = 0; i < counts.length; i++) {
            assertThat(joined.slice(from, counts[i])).as("seed %d", seed).isEqualTo(parts.get(i));
            from += counts[i];
        }
    }

    @Test
    void isEqualByContent() {
        Tensor one = Tensor.ints("x", new long[] {1}, 1);

        assertThat(one)
                .isEqualTo(Tensor.ints("x", new long[] {1}, 1))
                .hasSameHashCodeAs(Tensor.ints("x", new long[] {1}, 1));
        assertThat(one)
                .isNotEqualTo(Tensor.ints("x", new long[] {1, 1}, 1))
                .isNotEqualTo(Tensor.ints("x", new long[] {1}, 2));
        assertThat(one.withName("y")).isNotEqualTo(one).hasToString("y: INT32 [1]");
    }

    @Test
    void namesTheDatatypesThatThereAre() {
        assertThatThrownBy(() -> Datatype.of("FLOAT"))
                .hasMessageContaining("there is no datatype 'FLOAT'")
                .hasMessageContaining("FP32");
    }
}
