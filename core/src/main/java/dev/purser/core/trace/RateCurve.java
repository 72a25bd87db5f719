package dev.purser.core.trace;

/** A rate of arrival that varies in a known way, in requests per second; times are seconds from the trace's start. */
interface RateCurve {
    /** The rate at a moment; that of the limit at infinity. */
    double at(double time);

    /** The end of a slice that begins at {@code time} and within which the rate only rises or only falls, and not far. */
    double sliceEnd(double time);

    /** Requests to expect between two moments. */
    double integral(double from, double to);

    /** A day's rise and fall: {@code mean (1 + amplitude sin(2 pi (t + phase) / period))}. */
    record Sine(double mean, double amplitude, double period, double phase) implements RateCurve {
        private static final int SLICES = 256;

        @Override
        public double at(double time) {
            return mean * (1 + amplitude * StrictMath.sin(2 * Math.PI * turns(time)));
        }

        private double turns(double time) {
            double turns = (time + phase) / period;
            return turns - Math.floor(turns);
        }

        @Override
        public double sliceEnd(double time) {
            // a multiple of 4 slices a period puts the extremes on borders
            double slice = Math.floor((time + phase) / period * SLICES) + 1;
            double end = slice / SLICES * period - phase;
            return end > time ? end : (slice + 1) / SLICES * period - phase;
        }

        @Override
        public double integral(double from, double to) {
            double swing = StrictMath.cos(2 * Math.PI * turns(from)) - StrictMath.cos(2 * Math.PI * turns(to));
            return mean * (to - from + amplitude * period / (2 * Math.PI) * swing);
        }
    }

    /** A constant rate with one surge: a linear climb, a plateau, an exponential return. */
    record Surge(double base, double factor, double start, double ramp, double hold, double decay)
            implements RateCurve {
        private static final int SLICES = 64;

        private double top() {
            return start + ramp;
        }

        private double fall() {
            return start + ramp + hold;
        }

        @Override
        public double at(double time) {
            double share;
            if (time < start) {
                share = 0;
            } else if (time < top()) {
                share = (time - start) / ramp;
            } else if (time < fall() || decay == 0) {
                share = time < fall() ? 1 : 0;
            } else {
                share = StrictMath.exp((fall() - time) / decay);
            }
            return base * (1 + (factor - 1) * share);
        }

        @Override
        public double sliceEnd(double time) {
            if (time < start) {
                return start;
            }
            if (time < top()) {
                double end = time + ramp / SLICES;
                return end > time ? Math.min(end, top()) : top();
            }
            if (time < fall()) {
                return fall();
            }
            // after forty time constants nothing is left of the surge
            double end = time + decay / SLICES;
            return time < fall() + 40 * decay && end > time ? end : Double.POSITIVE_INFINITY;
        }

        @Override
        public double integral(double from, double to) {
            return surge(to) - surge(from) + base * (to - from);
        }

        /** Requests beyond the base rate until a moment. */
        private double surge(double time) {
            double climb = Math.clamp(time - start, 0, ramp);
            double plateau = Math.clamp(time - top(), 0, hold);
            double after = Math.max(time - fall(), 0);
            double area = (ramp == 0 ? 0 : climb * climb / (2 * ramp))
                    + plateau
                    + (decay == 0 ? 0 : -decay * StrictMath.expm1(-after / decay));
            return base * (factor - 1) * area;
        }
    }
}
