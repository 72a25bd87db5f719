package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.spi.PolicyRegistry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

final class HelpTest {

    @Test
    void everyOptionIsExplainedWithDefaultAndExample() {
        int options = 0;
        for (CommandLine command : commands()) {
            String help = command.getUsageMessage();
            for (OptionSpec option : command.getCommandSpec().options()) {
                assertThat(help).contains(option.names());
                if (!option.usageHelp() && !option.versionHelp()) {
                    String description = String.join(" ", option.description());
                    assertThat(description)
                            .as("%s %s", command.getCommandName(), option.longestName())
                            .containsPattern("Default: |no default")
                            .contains("Example: ");
                    options++;
                }
            }
        }
        assertThat(options).isGreaterThan(20);
    }

    @Test
    void everyExampleParses() {
        CommandLine root = Main.commandLine(PolicyRegistry::load, false);
        int examples = 0;
        for (CommandLine command : commands()) {
            for (String line : command.getCommandSpec().usageMessage().footer()) {
                String example = line.strip().replaceFirst(" {2,}.*", "");
                assertThat(example).startsWith("purser ");
                root.parseArgs(example.substring("purser ".length()).split(" "));
                examples++;
            }
        }
        assertThat(examples).isGreaterThan(10);
    }

    @Test
    void helpAndVersionSucceed() {
        assertThat(Cli.run("--version").out()).matches("purser \\d+\\.\\d+\\.\\d+\\S* \\(Java .*\\)\\R");
        for (String[] arguments : new String[][] {{"--help"}, {"help"}, {"help", "compare"}, {"compare", "--help"}}) {
            Cli cli = Cli.run(arguments);
            assertThat(cli.code()).isZero();
            assertThat(cli.out()).contains("Usage: purser");
            assertThat(cli.err()).isEmpty();
        }
    }

    private static List<CommandLine> commands() {
        List<CommandLine> commands = new ArrayList<>(List.of(Main.commandLine(PolicyRegistry::load, false)));
        for (int i = 0; i < commands.size(); i++) {
            commands.get(i).getSubcommands().values().stream()
                    .filter(command -> !command.getCommandName().equals("help"))
                    .forEach(commands::add);
        }
        return commands;
    }
}
