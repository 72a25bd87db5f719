package dev.purser.server.replay;

import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.sim.Simulation;
import dev.purser.worker.protocol.InferRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An open-loop load generator: it sends each request when the trace says so, whatever has become of those before, and
 * counts latency from that moment. A generator that waits for an answer before it goes on would hide the very queue that
 * a slow server builds up (coordinated omission).
 */
public final class Replay {
    private final URI server;
    private final String model;
    private final List<InferRequest> inputs;
    private final ReplayLoad load;
    private final ReplayOptions options;
    private final ReplayListener listener;
    private @Nullable Pass pass;
    private boolean stopped;

    /**
     * @param server where the server is, for example {@code http://127.0.0.1:8080}
     * @param model the model to ask, or the application where a gateway chooses the variant; classes that name a variant
     *     ask for that
     * @param inputs what to send, in turn; at least one
     * @param load when to send how many of which class
     * @param options how to go about it
     * @param listener is told of each request's end; what it throws ends the replay
     */
    public Replay(
            URI server,
            String model,
            List<InferRequest> inputs,
            ReplayLoad load,
            ReplayOptions options,
            ReplayListener listener) {
        this.server = server;
        this.model = model;
        this.inputs = List.copyOf(inputs);
        this.load = load;
        this.options = options;
        this.listener = listener;
    }

    /**
     * Sends the trace, and waits until every request has ended. To be called once.
     *
     * @return what became of it
     * @throws dev.purser.core.InputException where the file behind the trace cannot be read on, or an input cannot be
     *     sent as JSON
     */
    public ReplayResult run() {
        Messages messages = new Messages(model, load.classes(), inputs, options.binary());
        if (!options.rehearsal().isZero()) {
            try (StandIn standIn = StandIn.start();
                    Connections connections = new Connections(standIn.uri(), null, options.timeout())) {
                ArrivalTrace trace = constant(StandIn.REQUESTS_PER_SECOND, options.rehearsal());
                uncounted(connections, messages, trace, StandIn.CONNECTIONS);
            }
        }
        try (Connections connections = new Connections(server, options.apiKey(), options.timeout())) {
            if (!options.warmUp().isZero()) {
                double rate = Math.max(1, Simulation.initialRate(load.trace()));
                uncounted(connections, messages, constant(rate, options.warmUp()), options.connections());
            }
            Tally tally = new Tally(load.classes(), load.trace().duration(), listener);
            return begin(new Pass(connections, messages, tally, load, options.timeout(), options.connections()))
                    .run();
        }
    }

    private static ArrivalTrace constant(double rate, Duration duration) {
        return Traces.of(String.format(Locale.ROOT, "constant:rate=%.3f,duration=%dms", rate, duration.toMillis()));
    }

    private void uncounted(Connections connections, Messages messages, ArrivalTrace trace, int inFlight) {
        Tally tally = new Tally(load.classes(), trace.duration(), ReplayListener.NONE);
        ReplayLoad uncounted = new ReplayLoad(trace, load.classes(), ~load.seed());
        begin(new Pass(connections, messages, tally, uncounted, options.timeout(), inFlight))
                .run();
    }

    private synchronized Pass begin(Pass next) {
        pass = next;
        if (stopped) {
            next.stop();
        }
        return next;
    }

    /**
     * Ends the replay early: nothing more is sent, and what is under way has 2 s to end. {@link #run} then returns what
     * became of the requests until here. From any thread; does nothing where it is over.
     */
    public synchronized void stop() {
        stopped = true;
        if (pass != null) {
            pass.stop();
        }
    }
}
