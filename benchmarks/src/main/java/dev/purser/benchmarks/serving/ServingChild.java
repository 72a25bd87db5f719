package dev.purser.benchmarks.serving;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The raw loop or the event loop in a process of its own. */
final class ServingChild {
    /** What precedes the port on the line that says that a server listens. */
    private static final String PORT = "port ";

    private ServingChild() {}

    /** The command of the event loop, which is to be told by {@link #port} where it listens. */
    static List<String> eventLoop(Path model, int loops) {
        return command(model.toString(), Integer.toString(loops));
    }

    /** The command of the raw loop, which prints a {@link RawLoop.Result}. */
    static List<String> rawLoop(Path model, int rows, Duration warmUp, Duration duration) {
        return command(
                model.toString(),
                Integer.toString(rows),
                Long.toString(warmUp.toMillis()),
                Long.toString(duration.toMillis()));
    }

    private static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(ServerProcess.java(ServingChild.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** The port that a line of the event loop says. */
    static @Nullable Integer port(String line) {
        return line.startsWith(PORT) ? Integer.valueOf(line.substring(PORT.length())) : null;
    }

    /**
     * Runs it until it is ended or standard input ends; the raw loop until its time is over.
     *
     * @param args as the commands have them
     */
    @SuppressWarnings("SystemOut") // it is how the parent hears
    public static void main(String[] args) throws IOException {
        Path model = Path.of(args[0]);
        int number = Integer.parseInt(args[1]);
        if (args.length > 2) {
            System.out.println(RawLoop.run(
                            model,
                            number,
                            Duration.ofMillis(Long.parseLong(args[2])),
                            Duration.ofMillis(Long.parseLong(args[3])))
                    .line());
            return;
        }
        EventLoopServer peer = new EventLoopServer(model, number);
        System.out.println(PORT + peer.port());
        while (System.in.read() >= 0) {
            // nothing is said; the end is all that counts
        }
        peer.close();
    }
}
