package dev.purser.server;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.engine.PolicyException;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line. Results go to stdout, everything else to stderr. Exit code 0 is success, 2 is a mistake in what was
 * asked (the message says what would be right), 1 is a mistake of the program.
 */
@Command(
        name = "purser",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Serves machine-learning models on rented machines and functions at the least cost that keeps every"
                    + " promise, and shows in simulation what each way of deciding would cost."
        },
        footerHeading = "%nFirst steps:%n",
        footer = {
            "  purser demo                     real models on this machine, beside their simulation",
            "  purser compare                  the published stacks on four traces",
            "  purser serve                    real models on this machine, with a live page",
            "  purser policies                 what can be combined, with every setting",
            "  purser partition resnet50       a model cut into a chain of functions, at least cost",
            "  purser explain --stack paragon  why it launched, queued and offloaded",
            "  purser help compare             every option of a command",
        },
        subcommands = {HelpCommand.class})
public final class Main implements Callable<Integer> {
    static final int INTERNAL_ERROR = 1;
    static final int INPUT_ERROR = 2;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show the stack trace of an internal error. Default: off. Example: purser compare --debug")
    private boolean debug;

    @Spec
    private @Nullable CommandSpec spec;

    private Main() {}

    /** Runs a command and ends the program with its exit code. */
    public static void main(String[] arguments) {
        Charset charset = System.out.charset();
        PrintWriter out = new PrintWriter(System.out, false, charset);
        PrintWriter err = new PrintWriter(System.err, true, charset);
        System.exit(run(out, err, Terminal.ofStderr(), arguments));
    }

    /**
     * Runs a command in this program.
     *
     * @param terminal whether someone watches {@code err}, so that progress is worth showing
     */
    static int run(PrintWriter out, PrintWriter err, boolean terminal, String... arguments) {
        CommandLine line =
                commandLine(PolicyRegistry::load, terminal).setOut(out).setErr(err);
        int code = line.execute(arguments);
        out.flush();
        err.flush();
        return code;
    }

    /** All commands, with the policies of a registry that is made when one needs it. */
    static CommandLine commandLine(Supplier<PolicyRegistry> registry, boolean terminal) {
        Main main = new Main();
        return new CommandLine(main)
                .addSubcommand(new CompareCommand(registry, new ClairvoyantBound(), terminal))
                .addSubcommand(new ServeCommand(registry))
                .addSubcommand(new ExplainCommand(registry))
                .addSubcommand(new DemoCommand(registry, terminal))
                .addSubcommand(new FidelityCommand(registry, terminal))
                .addSubcommand(new ForecastCommand(registry, terminal))
                .addSubcommand(new ReproduceCommand(registry, terminal))
                .addSubcommand(new PoliciesCommand(registry))
                .addSubcommand(new TraceCommand())
                .addSubcommand(new ReplayCommand(terminal))
                .addSubcommand(new ProfileCommand(terminal))
                .addSubcommand(new PartitionCommand(registry, terminal))
                .registerConverter(Duration.class, RunOptions::duration)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, args) -> explain(e))
                .setExecutionExceptionHandler((e, command, parsed) -> main.explain(e, command));
    }

    /** Without a command: what commands there are. */
    @Override
    public Integer call() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getErr());
        }
        return INPUT_ERROR;
    }

    /** A command line that does not parse. */
    private static int explain(ParameterException e) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("purser: " + e.getMessage());
        String maybe = e instanceof UnmatchedArgumentException unmatched ? nearest(command, unmatched) : "";
        String help = "purser help"
                + command.getCommandSpec()
                        .qualifiedName()
                        .substring(command.getCommandSpec().root().name().length());
        err.println("Maybe: " + maybe + "see '" + help + "'");
        return INPUT_ERROR;
    }

    private static String nearest(CommandLine command, UnmatchedArgumentException e) {
        String given = e.getUnmatched().getFirst();
        List<String> known = given.startsWith("-")
                ? List.copyOf(command.getCommandSpec().optionsMap().keySet())
                : List.copyOf(command.getSubcommands().keySet());
        List<String> near = Names.nearest(known, given);
        return near.isEmpty() ? "" : String.join(" or ", near) + "; ";
    }

    private int explain(Exception e, CommandLine command) {
        PrintWriter err = command.getErr();
        if (e instanceof InputException) {
            err.println("purser: " + e.getMessage());
            return INPUT_ERROR;
        }
        boolean policy = e instanceof PolicyException;
        String words = e.getMessage() == null ? e.toString() : e.getMessage();
        err.println("purser: " + (policy ? "" : "internal error: ") + words);
        if (debug) {
            e.printStackTrace(err);
        } else {
            err.println("Maybe: run it again with --debug, and "
                    + (policy ? "tell whoever made the policy what it shows" : "report what it shows"));
        }
        return INTERNAL_ERROR;
    }
}
