package dev.purser.local;

import dev.purser.core.model.ChainPart;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.Variant;
import dev.purser.worker.protocol.ModelMetadata;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where workers run: in processes of their own, or in this one. */
interface Host extends AutoCloseable {

    /**
     * What to start.
     *
     * @param variant the variant's index
     * @param part which part of its chain, counted from 0; {@link #WHOLE} where the variant itself is meant
     * @param name the worker's name
     * @param slots batches at the same time
     * @param threads threads for each of them
     * @param brief whether it is not expected to last, so that it had better start quickly than run fast
     */
    record Order(int variant, int part, String name, int slots, int threads, boolean brief) {
        /** A variant's own network. */
        Order(int variant, String name, int slots, int threads, boolean brief) {
            this(variant, WHOLE, name, slots, threads, brief);
        }
    }

    /** Not a part of a chain. */
    int WHOLE = -1;

    /** Where a network is that is to be run. */
    static ModelSource source(Variant variant, int part) {
        List<ChainPart> chain = variant.chain();
        return Objects.requireNonNull(
                part == WHOLE || chain == null
                        ? variant.model()
                        : chain.get(part).model());
    }

    /** A network's name, which its worker knows it by. */
    static String name(Variant variant, int part) {
        List<ChainPart> chain = variant.chain();
        return part == WHOLE || chain == null
                ? variant.name()
                : variant.name() + "-" + chain.get(part).name();
    }

    /** What tells networks apart. */
    record Network(int variant, int part) {}

    /** Is told what becomes of a worker; from any thread, never from inside {@link #start}. */
    interface Listener {

        /**
         * It serves from now on.
         *
         * @param initMs how long it took by step, in milliseconds, in order
         * @param loadNanos the part of that which a function's initialisation is billed for: model and first inference
         */
        void ready(Backend backend, Map<String, Double> initMs, long loadNanos);

        /** It did not start, or is gone; called once, unless it was stopped before. */
        void failed(String cause);
    }

    /** A worker that was asked for, in whatever state. */
    interface Handle {

        /** Its process; null where it has none. */
        @Nullable
        Long pid();

        /** Ends it soon and returns at once. */
        void stop();

        /** Ends it now, whatever it is doing, as one that failed; its listener hears the cause. */
        void kill(String cause);

        /** Waits for its end. */
        void await(Duration atMost) throws InterruptedException;
    }

    /** Begins to start a worker, and returns at once. */
    Handle start(Order order, Listener listener);

    /** The thread that runs a slot's batches. */
    Thread slotThread(String name, Runnable run);

    /** What a network takes and gives, as far as that is known without starting a worker. */
    @Nullable
    ModelMetadata knownMetadata(int variant, int part);

    @Override
    void close();
}
