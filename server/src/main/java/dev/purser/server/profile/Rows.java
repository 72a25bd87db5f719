package dev.purser.server.profile;

import dev.purser.worker.ServedModel;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether the rows of an inference change each other's answers.
 *
 * @param batchable whether rows of several requests may go through the network together
 * @param operator the operator of the network by which they change each other; null where there is none that is known to
 * @param difference the largest difference between answers to rows together and alone, as a share of the largest number
 *     in them; 1 where texts or whole numbers differ, or not each row has an answer; null where only single rows were
 *     measured
 */
public record Rows(
        boolean batchable,
        @Nullable String operator,
        @Nullable Double difference) {
    /** What rounding explains, also where a fixed quantisation makes a step of it. */
    static final double ALLOWED = 0.01;

    static Rows of(@Nullable String operator, @Nullable Double difference) {
        return new Rows(operator == null && (difference == null || difference <= ALLOWED), operator, difference);
    }

    /** Runs rows together and alone; the model must be one that does run them together. */
    static double difference(ServedModel model, List<Tensor> together, int rows) {
        List<Tensor> expected = model.infer(together, List.of());
        double difference = 0;
        for (int row = 0; row < rows; row++) {
            List<Tensor> one = new ArrayList<>(together.size());
            for (Tensor input : together) {
                one.add(input.slice(row, 1));
            }
            List<Tensor> alone = model.infer(one, List.of());
            for (int output = 0; output < alone.size(); output++) {
                Tensor whole = expected.get(output);
                if (whole.rank() == 0 || whole.dimension(0) != rows) {
                    return 1;
                }
                difference = Math.max(difference, difference(whole.slice(row, 1), alone.get(output)));
            }
        }
        return difference;
    }

    private static double difference(Tensor a, Tensor b) {
        if (a.datatype() != Datatype.FP32 || !Arrays.equals(a.shape(), b.shape())) {
            return a.equals(b) ? 0 : 1;
        }
        float[] left = a.floats();
        float[] right = b.floats();
        double largest = 0;
        double magnitude = 0;
        for (int i = 0; i < left.length; i++) {
            magnitude = Math.max(magnitude, Math.abs(left[i]));
            if (Float.compare(left[i], right[i]) != 0) {
                double difference = Math.abs((double) left[i] - right[i]);
                largest = Math.max(largest, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
            }
        }
        return largest == 0 ? 0 : Math.min(1, largest / magnitude);
    }
}
