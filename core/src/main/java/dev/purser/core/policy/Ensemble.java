package dev.purser.core.policy;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * Variants that answer a request together: each is asked, and the answer is that of more than half of the votes by weight
 * (Cocktail, NSDI'22). With equal weights that is the majority of floor(N / 2) + 1.
 */
public final class Ensemble {
    /** The most members. */
    public static final int MAX_MEMBERS = 16;

    private final int[] variants;
    private final double[] weights;

    /**
     * @param variants the members, 1 to {@value #MAX_MEMBERS}, each once
     * @param weights of their votes, each over 0 and finite
     */
    public Ensemble(int[] variants, double[] weights) {
        if (variants.length == 0
                || variants.length > MAX_MEMBERS
                || variants.length != weights.length
                || Arrays.stream(variants).distinct().count() != variants.length
                || !Arrays.stream(weights).allMatch(w -> w > 0 && w < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("an ensemble of the variants " + Arrays.toString(variants)
                    + " with the weights " + Arrays.toString(weights) + ", but it must be 1 to " + MAX_MEMBERS
                    + " variants, each once, with a weight over 0 each");
        }
        this.variants = variants.clone();
        this.weights = weights.clone();
    }

    /** Members that all have the same vote. */
    public static Ensemble ofEquals(int... variants) {
        double[] weights = new double[variants.length];
        Arrays.fill(weights, 1);
        return new Ensemble(variants, weights);
    }

    /** How many members there are. */
    public int size() {
        return variants.length;
    }

    /** The variant of a member. */
    public int variant(int member) {
        return variants[member];
    }

    /** The weight of a member's vote. */
    public double weight(int member) {
        return weights[member];
    }

    /** All members, as {@link #accuracy} takes them. */
    public int everyone() {
        return (1 << variants.length) - 1;
    }

    /**
     * The chance that the answer is right, if members err independently of each other and those who are wrong never have a
     * majority by agreeing. Networks that were trained on the same data err together more often, so it is an upper bound in
     * practice.
     *
     * @param voted the members that voted: bit i stands for member i; at least one
     * @param ofVariant the accuracy of each variant, 0 to 1
     */
    public double accuracy(int voted, IntToDoubleFunction ofVariant) {
        double total = 0;
        for (int i = 0; i < variants.length; i++) {
            total += (voted >> i & 1) * weights[i];
        }
        return right(0, voted, 0, total / 2, total, ofVariant);
    }

    /** Over the votes of members from one on: the chance that the votes for the right answer come to more than half. */
    private double right(int member, int voted, double votes, double half, double left, IntToDoubleFunction ofVariant) {
        if (votes > half * (1 + 1e-12)) {
            return 1;
        }
        if (member == variants.length || votes + left <= half) {
            return 0;
        }
        if ((voted >> member & 1) == 0) {
            return right(member + 1, voted, votes, half, left, ofVariant);
        }
        double accuracy = ofVariant.applyAsDouble(variants[member]);
        double weight = weights[member];
        return accuracy * right(member + 1, voted, votes + weight, half, left - weight, ofVariant)
                + (1 - accuracy) * right(member + 1, voted, votes, half, left - weight, ofVariant);
    }
}
