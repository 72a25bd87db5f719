package dev.purser.benchmarks;

import dev.purser.benchmarks.serving.ServingCommand;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The whole runs, each kind a command; {@code simulators} where none is named. */
@Command(
        name = "benchmarks",
        mixinStandardHelpOptions = true,
        description = {
            "Whole runs beside peers, each in processes of its own.",
            "Without a command it runs 'simulators', with the options given."
        },
        subcommands = {SideBySide.class, ServingCommand.class})
public final class Benchmarks {
    private Benchmarks() {}

    /** Runs one. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(withCommand(args)));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Benchmarks()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** The arguments, with the default command before them where they name none. */
    static String[] withCommand(String... args) {
        List<String> known = new ArrayList<>(commandLine().getSubcommands().keySet());
        known.addAll(List.of("-h", "--help", "-V", "--version"));
        if (args.length > 0 && known.contains(args[0])) {
            return args;
        }
        List<String> all = new ArrayList<>(List.of(SideBySide.NAME));
        all.addAll(List.of(args));
        return all.toArray(String[]::new);
    }
}
