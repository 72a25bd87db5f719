package dev.purser.core.engine;

import dev.purser.core.policy.ServiceCatalog;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A well-behaved platform that names things by row, for tests that are not about names. */
interface RowPlatform {
    void launch(int instance, int fleet);

    void terminate(int instance);

    void execute(int request, int size, int instance);

    void invoke(int request, int function);

    void keepAlive(int function, long idleNanos);

    void prewarm(int function, int sandboxes);

    void setTimer(long atNanos);

    long launchNanos(int fleet);

    default boolean combinesAnswers() {
        return false;
    }

    default boolean keepsStopped() {
        return false;
    }

    default void stop(int instance) {}

    default void start(int instance) {}

    default long surplusVcpuMillis(int instance) {
        return 0;
    }

    /** Between the two: it finds the tickets, and reports what stops or ends as soon as it is told to. */
    final class Rows implements Platform {
        private final RowPlatform platform;
        private final ServiceCatalog catalog;
        private final Clock clock;
        private final Map<Integer, Long> instances = new HashMap<>();
        private final Map<Integer, Long> attempts = new HashMap<>();
        private final Map<Integer, Long> from = new HashMap<>();
        private final List<Runnable> answers = new ArrayList<>();
        private Controller controller;

        Rows(RowPlatform platform, ServiceCatalog catalog, Clock clock) {
            this.platform = platform;
            this.catalog = catalog;
            this.clock = clock;
        }

        Controller attach(Controller toController) {
            controller = toController;
            return toController;
        }

        private PlatformEvents events() {
            return controller.events();
        }

        private long instance(int row) {
            return Objects.requireNonNull(instances.get(row), "instance " + row);
        }

        private long attempt(int row) {
            // one of a batch is named by the batch's number
            Long own = attempts.get(row);
            return Objects.requireNonNull(own, "attempt " + row);
        }

        /** Reports what was told to stop or to end. */
        void settle() {
            while (!answers.isEmpty()) {
                answers.removeFirst().run();
            }
        }

        void instanceReady(int row) {
            events().instanceReady(instance(row), from.get(row));
            settle();
        }

        void instanceLost(int row, Loss loss) {
            events().instanceLost(instance(row), loss, clock.nanos());
            settle();
        }

        void instanceNotice(int row, long at) {
            events().instanceNotice(instance(row), at);
            settle();
        }

        void instanceThrottled(int row, boolean throttled) {
            events().instanceThrottled(instance(row), throttled);
        }

        void spotPriceChanged(int type, BigDecimal usdPerHour) {
            events().spotPriceChanged(type, usdPerHour);
        }

        void executionFinished(int row) {
            events().attemptEnded(attempt(row), Attempt.ANSWERED, false, 0);
            settle();
        }

        void requestFinished(int row) {
            events().requestEnded(attempt(row), Attempt.ANSWERED);
            settle();
        }

        void requestFailed(int row) {
            if (functions.containsKey(attempt(row))) {
                events().attemptEnded(attempt(row), Attempt.FAILED, false, 0);
            } else {
                events().requestEnded(attempt(row), Attempt.FAILED);
            }
            settle();
        }

        void partFinished(int row, int part, boolean cold, long nanos) {
            events().attemptEnded(attempt(row), Attempt.ANSWERED, cold, nanos);
            settle();
        }

        void invocationFinished(int row, boolean cold, long nanos) {
            events().attemptEnded(attempt(row), Attempt.ANSWERED, cold, nanos);
            settle();
        }

        void invocationThrottled(int row) {
            events().attemptEnded(attempt(row), Attempt.THROTTLED, false, 0);
            settle();
        }

        void sandboxStarted(int function) {
            events().sandboxStarted(catalog.pool(function));
        }

        void sandboxReclaimed(int function) {
            events().sandboxReclaimed(catalog.pool(function));
        }

        void prewarmFinished(int function, int part, long nanos) {
            events().prewarmFinished(catalog.pool(function) + part, nanos);
        }

        void timerFired() {
            events().timerFired();
            settle();
        }

        private final Map<Long, Integer> functions = new HashMap<>();

        @Override
        public void launch(long ticket, int fleet) {
            instances.put(Ticket.row(ticket), ticket);
            from.put(Ticket.row(ticket), clock.nanos());
            platform.launch(Ticket.row(ticket), fleet);
        }

        @Override
        public void terminate(long ticket) {
            platform.terminate(Ticket.row(ticket));
            long now = clock.nanos();
            answers.add(() -> events().instanceGone(ticket, now));
        }

        @Override
        public boolean combinesAnswers() {
            return platform.combinesAnswers();
        }

        @Override
        public boolean keepsStopped() {
            return platform.keepsStopped();
        }

        @Override
        public void stop(long ticket) {
            platform.stop(Ticket.row(ticket));
            long now = clock.nanos();
            answers.add(() -> events().instanceStopped(ticket, now));
        }

        @Override
        public void start(long ticket) {
            from.put(Ticket.row(ticket), clock.nanos());
            platform.start(Ticket.row(ticket));
        }

        @Override
        public long surplusVcpuMillis(long ticket) {
            return platform.surplusVcpuMillis(Ticket.row(ticket));
        }

        @Override
        public void execute(long attempt, int size, long ticket) {
            int row = Ticket.row(attempt);
            for (int r = row; r >= 0; r = controller.nextInBatch(r)) {
                attempts.put(r, Ticket.at(attempt, r));
            }
            platform.execute(row, size, Ticket.row(ticket));
        }

        @Override
        public void invoke(long attempt, int pool) {
            attempts.put(Ticket.row(attempt), attempt);
            functions.put(attempt, pool);
            if (catalog.partOfPool(pool) == 0) {
                platform.invoke(Ticket.row(attempt), catalog.functionOfPool(pool));
            }
        }

        @Override
        public void keepAlive(int pool, long idleNanos) {
            if (catalog.partOfPool(pool) == 0) {
                platform.keepAlive(catalog.functionOfPool(pool), idleNanos);
            }
        }

        @Override
        public void prewarm(int pool, int sandboxes) {
            if (catalog.partOfPool(pool) == 0) {
                platform.prewarm(catalog.functionOfPool(pool), sandboxes);
            }
        }

        @Override
        public void setTimer(long atNanos) {
            platform.setTimer(atNanos);
        }

        @Override
        public long launchNanos(int fleet) {
            return platform.launchNanos(fleet);
        }
    }
}
