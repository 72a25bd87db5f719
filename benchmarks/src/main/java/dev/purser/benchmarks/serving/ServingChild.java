package dev.purser.benchmarks.serving;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A server, or the raw loop, in a process of its own. */
final class ServingChild {
    /** What precedes the port on the line that says that a server listens. */
    static final String PORT = "port ";

    /** Workers, or event loops, of each server; one thread of ONNX Runtime each. */
    static final int WORKERS = 2;

    private ServingChild() {}

    /**
     * Runs it until standard input ends; the raw loop until its time is over.
     *
     * @param args the server and its model's file; for the raw loop the rows, and the milliseconds of warming up and of
     *     measuring
     */
    @SuppressWarnings("SystemOut") // it is how the parent hears
    public static void main(String[] args) throws IOException {
        Server server = Server.valueOf(args[0]);
        Path model = Path.of(args[1]);
        if (server == Server.RAW) {
            RawLoop.Result result = RawLoop.run(
                    model,
                    Integer.parseInt(args[2]),
                    Duration.ofMillis(Long.parseLong(args[3])),
                    Duration.ofMillis(Long.parseLong(args[4])));
            System.out.println(result.line());
            return;
        }
        EventLoopServer peer = new EventLoopServer(model, WORKERS);
        System.out.println(PORT + peer.port());
        while (System.in.read() >= 0) {
            // nothing is said; the end is all that counts
        }
        peer.close();
    }
}
