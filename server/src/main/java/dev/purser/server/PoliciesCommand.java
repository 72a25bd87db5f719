package dev.purser.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.common.base.Strings;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Json;
import dev.purser.spi.PolicyFactory;
import dev.purser.spi.PolicyKind;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.SettingsBinder;
import dev.purser.spi.Stack;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows every policy and stack that was found. */
@Command(
        name = "policies",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Shows every policy and stack that was found.",
        description = {
            "Shows every policy that was found, by kind, with its settings, and every stack with its policies. A stack is"
                    + " a JSON file that names one policy of each kind; 'purser policies paragon --format json' shows one"
                    + " to start from."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser policies",
            "  purser policies paragon",
            "  purser policies --format json",
        })
final class PoliciesCommand implements Runnable {
    private final Supplier<PolicyRegistry> registry;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "Only policies and stacks of this name. Default: all. Example: paragon")
    private @Nullable String name;

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {"What to print.", "Default: table. Example: --format json"})
    private OutputFormat format = OutputFormat.TABLE;

    PoliciesCommand(Supplier<PolicyRegistry> registry) {
        this.registry = registry;
    }

    /**
     * What is printed.
     *
     * @param policies by kind
     * @param stacks by name
     */
    record Found(List<Policy> policies, List<Stack> stacks) {}

    /**
     * @param kind such as {@code model selector}
     * @param name in stacks
     * @param summary what it does
     * @param settings what can be set
     */
    record Policy(String kind, String name, String summary, List<Setting> settings) {}

    /** One setting; {@code default} is null where it must be given, {@code range} where everything is allowed. */
    record Setting(
            String name,
            String type,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            String byDefault,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            String range,

            String meaning) {
        static Setting of(SettingsBinder.Description description) {
            return new Setting(
                    description.name(),
                    description.type(),
                    Strings.emptyToNull(description.byDefault()),
                    Strings.emptyToNull(description.range()),
                    description.meaning());
        }
    }

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        Found all = found(registry.get());
        Found chosen = name == null ? all : named(all, name);
        spec.commandLine().getOut().print(format == OutputFormat.JSON ? Json.write(chosen) : text(chosen));
    }

    private static Found found(PolicyRegistry registry) {
        return new Found(
                PolicyKind.all().stream()
                        .flatMap(kind -> registry.factories(kind).stream().map(factory -> policy(kind, factory)))
                        .toList(),
                List.copyOf(registry.stacks()));
    }

    private static Policy policy(PolicyKind<?> kind, PolicyFactory<?, ?> factory) {
        return new Policy(
                kind.title(),
                factory.name(),
                factory.summary(),
                SettingsBinder.describe(factory.settingsType()).stream()
                        .map(Setting::of)
                        .toList());
    }

    private static Found named(Found all, String name) {
        Found chosen = new Found(
                all.policies().stream().filter(p -> p.name().equals(name)).toList(),
                all.stacks().stream().filter(s -> s.name().equals(name)).toList());
        if (chosen.policies().isEmpty() && chosen.stacks().isEmpty()) {
            Set<String> known = new TreeSet<>();
            Stream.concat(
                            all.policies().stream().map(Policy::name),
                            all.stacks().stream().map(Stack::name))
                    .forEach(known::add);
            throw new InputException(
                    "policies",
                    "",
                    "there is no policy or stack '" + name + "'",
                    Names.suggest("policies and stack", known, name));
        }
        return chosen;
    }

    private static String text(Found found) {
        StringBuilder text = new StringBuilder();
        String kind = "";
        for (Policy policy : found.policies()) {
            if (!policy.kind().equals(kind)) {
                kind = policy.kind();
                heading(text, kind);
            }
            text.append("  ")
                    .append(policy.name())
                    .append("\n      ")
                    .append(policy.summary())
                    .append('\n');
            for (Setting setting : policy.settings()) {
                text.append("      - ")
                        .append(setting.name())
                        .append(": ")
                        .append(setting.type())
                        .append(setting.range() == null ? "" : ", " + setting.range())
                        .append(setting.byDefault() == null ? "; must be given" : "; default " + setting.byDefault())
                        .append("\n          ")
                        .append(setting.meaning())
                        .append('\n');
            }
        }
        if (!found.stacks().isEmpty()) {
            heading(text, "stack");
        }
        for (Stack stack : found.stacks()) {
            text.append("  ").append(stack.name()).append("\n      ").append(stack.description());
            text.append("\n      - model selector: ").append(stack.modelSelector());
            text.append("\n      - dispatcher: ").append(stack.dispatcher());
            text.append("\n      - resource provisioner: ").append(stack.resourceProvisioner());
            text.append("\n      - cold-start manager: ").append(stack.coldStartManager());
            if (stack.batchingPolicy() != null) {
                text.append("\n      - batching policy: ").append(stack.batchingPolicy());
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static void heading(StringBuilder text, String kind) {
        text.append(text.isEmpty() ? "" : "\n")
                .append(Character.toUpperCase(kind.charAt(0)))
                .append(kind, 1, kind.length())
                .append("s\n");
    }
}
