package dev.purser.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.Supplier;

/** Runs a command in this program and keeps what it printed. */
record Cli(int code, String out, String err) {

    static Cli run(String... arguments) {
        return run(PolicyRegistry::load, false, arguments);
    }

    static Cli run(Supplier<PolicyRegistry> registry, boolean terminal, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.commandLine(registry, terminal)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Cli(code, out.toString(), err.toString());
    }

    JsonNode json() {
        return Json.parse("stdout", out);
    }
}
