package dev.purser.core.partition;

/**
 * How a part's layers are divided among functions that run side by side (fork-join), each with its own copy of the weights
 * that it needs.
 *
 * @param rows into how many bands its output map is cut; 1 for a part that is not divided
 * @param columns into how many columns its output map is cut
 * @param outputs into how many shares the outputs of a fully connected layer are cut
 * @param masterTakesOne whether the function that runs the chain computes the first share itself
 */
public record Split(int rows, int columns, int outputs, boolean masterTakesOne) {
    /** One function runs the part. */
    public static final Split WHOLE = new Split(1, 1, 1, true);

    /** Checks the ranges. */
    public Split {
        if (rows < 1 || columns < 1 || outputs < 1 || (outputs > 1 && rows * columns > 1)) {
            throw new IllegalArgumentException("a part cannot be divided into " + rows + " x " + columns + " tiles and "
                    + outputs + " shares of outputs");
        }
    }

    /** How many shares there are. */
    public int shares() {
        return rows * columns * outputs;
    }

    /** How many functions are invoked beside the one that runs the chain. */
    public int workers() {
        return masterTakesOne ? shares() - 1 : shares();
    }
}
