package dev.purser.predictors;

/**
 * Counts in buckets of equal width, as SMIless has them ({@code lstm_predictor.py}): bucket k holds what lies above
 * (k - 1) × width and up to k × width, and stands for its upper edge, so that what is served is rarely too little.
 *
 * @param width of a bucket, above 0
 */
record Buckets(double width) {

    /** The number of a count's bucket; 0 holds no request. */
    double index(double count) {
        return Math.ceil(count / width);
    }

    /** The upper edge of a count's bucket. */
    double upperEdge(double count) {
        return index(count) * width;
    }

    /** The upper edge nearest to a forecast, of the first bucket at least: what the release serves. */
    double nearestEdge(double forecast) {
        return Math.max(Math.rint(forecast / width), 1) * width;
    }
}
