package dev.purser.server;

import com.google.common.base.Strings;
import dev.purser.server.ExplainCommand.Digest;
import dev.purser.server.ExplainCommand.FleetChange;
import dev.purser.server.ExplainCommand.Functions;
import dev.purser.server.ExplainCommand.InstanceExplained;
import dev.purser.server.ExplainCommand.InstanceHappened;
import dev.purser.server.ExplainCommand.PlanAt;
import dev.purser.server.ExplainCommand.PlanExplained;
import dev.purser.server.ExplainCommand.ReasonCount;
import dev.purser.server.ExplainCommand.RequestExplained;
import dev.purser.server.ExplainCommand.Why;
import java.util.List;
import java.util.stream.Collectors;

/** Explanations in words. */
final class ExplainText {
    private ExplainText() {}

    static String of(Object answer) {
        return switch (answer) {
            case Digest digest -> digest(digest);
            case RequestExplained request -> request(request);
            case InstanceExplained instance -> instance(instance);
            case PlanAt at -> at.run().words() + ": in force at " + time(at.askedSeconds()) + " is\n" + plan(at.plan());
            default -> throw new IllegalArgumentException("no words for " + answer);
        };
    }

    private static String time(double seconds) {
        return Table.time(Math.round(seconds * 1e9));
    }

    private static String why(Why why) {
        return why.code() + ": " + why.words();
    }

    private static String digest(Digest digest) {
        Table changes = new Table(2, List.of("time", "fleet", "before", "target", "launched", "stopped"), "reason");
        for (PlanExplained plan : digest.lastChanges()) {
            for (FleetChange fleet : plan.fleets()) {
                changes.row(
                        List.of(
                                time(plan.atSeconds()),
                                fleet.fleet(),
                                Table.number(fleet.before()),
                                Table.number(fleet.target()),
                                Table.number(fleet.launched()),
                                Table.number(fleet.stopped())),
                        why(fleet.why()));
            }
        }
        Table reasons = new Table(1, List.of("dispatch reason", "requests", "share %"), "for example");
        for (ReasonCount reason : digest.dispatchReasons()) {
            reasons.row(
                    List.of(reason.code(), Table.number(reason.requests()), Table.number(100 * reason.share(), 2)),
                    reason.example());
        }
        String triggers = digest.triggers().entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
        return digest.run().words() + ": " + Table.number(digest.plans()) + " plans (" + triggers + "), "
                + Table.number(digest.launched()) + " VMs launched, " + Table.number(digest.stopped())
                + " stopped by a plan\n\nThe last " + digest.lastChanges().size()
                + " plans that changed something:\n" + changes + happened(digest) + "\nThe last "
                + Table.number(digest.requestsKept())
                + " requests:\n" + reasons;
    }

    private static String happened(Digest digest) {
        if (digest.lastInstanceEvents().isEmpty()) {
            return "";
        }
        String kinds = digest.instanceEvents().entrySet().stream()
                .map(entry -> Table.number(entry.getValue()) + " " + entry.getKey())
                .collect(Collectors.joining(", "));
        return "\nWhat happened to instances unasked (" + kinds + "), the last "
                + digest.lastInstanceEvents().size() + ":\n" + events(digest.lastInstanceEvents());
    }

    private static Table events(List<InstanceHappened> events) {
        Table table = new Table(3, List.of("time", "what", "fleet", "instance"), "in words");
        events.forEach(event -> table.row(
                List.of(time(event.atSeconds()), event.kind(), event.fleet(), Table.number(event.instance())),
                event.words()));
        return table;
    }

    private static String request(RequestExplained request) {
        return "request " + request.request() + " of " + request.run().words() + "\n"
                + line("arrived", time(request.atSeconds()))
                + line("class", request.requestClass())
                + line(
                        "selection",
                        request.selection() == null ? "none: the request names its variant" : why(request.selection()))
                + (request.variant() == null ? "" : line("variant", request.variant()))
                + line("dispatch", request.dispatch())
                + (request.why() == null ? "" : line("reason", why(request.why())));
    }

    private static String line(String name, String text) {
        return "  " + Strings.padEnd(name, 11, ' ') + text + "\n";
    }

    private static String instance(InstanceExplained instance) {
        FleetChange launch = instance.launch();
        return "instance " + instance.instance() + " of " + instance.run().words() + "\n"
                + line("fleet", launch.fleet())
                + line("launched", time(instance.plan().atSeconds()) + others(launch.launched() - 1))
                + line("trigger", trigger(instance.plan().trigger()))
                + line("instances", launch.before() + " before, " + launch.target() + " asked for")
                + line("reason", why(launch.why()))
                + (instance.events().isEmpty() ? "" : "\nWhat happened to it unasked:\n" + events(instance.events()))
                + "\nDecided at the same time:\n" + plan(instance.plan());
    }

    private static String others(int others) {
        return others == 0 ? "" : ", with " + others + (others == 1 ? " other" : " others");
    }

    private static String trigger(String trigger) {
        return switch (trigger) {
            case "start" -> "start: the run begins";
            case "interval" -> "interval: a control interval ended";
            case "loss" -> "loss: an instance was lost";
            case "notice" -> "notice: the provider announced to take an instance back";
            default -> trigger;
        };
    }

    private static String plan(PlanExplained plan) {
        Table table = new Table(1, List.of("fleet", "before", "target", "launched", "stopped"), "reason");
        for (FleetChange fleet : plan.fleets()) {
            table.row(
                    List.of(
                            fleet.fleet(),
                            Table.number(fleet.before()),
                            Table.number(fleet.target()),
                            Table.number(fleet.launched()),
                            Table.number(fleet.stopped())),
                    why(fleet.why()));
        }
        Functions functions = plan.functions();
        return "the plan of " + time(plan.atSeconds()) + " (" + trigger(plan.trigger()) + ")\n"
                + (plan.fleets().isEmpty() ? "every fleet keeps what it has\n" : table.toString())
                + "functions: " + (functions.enabled() ? "on" : "off")
                + (functions.enabled() || functions.aboveRps() == null
                        ? ""
                        : ", but on above " + Table.number(functions.aboveRps(), 1) + " requests per second")
                + " (" + why(functions.why()) + ")\n";
    }
}
