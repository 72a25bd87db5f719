package dev.purser.server;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ctrl-C and SIGTERM, as a server needs them: the first asks it to stop, the second ends it at once. A shutdown hook
 * cannot tell the two apart, and would leave the exit code to the signal.
 */
final class StopSignals {
    /** What a shell says of a program that a signal ended, for SIGINT. */
    private static final int ENDED = 130;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicInteger seen = new AtomicInteger();

    /** Takes the signals over from now on. Where this Java cannot, they end the program as ever. */
    void take() {
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            try {
                handle(name);
            } catch (ReflectiveOperationException | IllegalArgumentException e) {
                // not every system has each of them
            }
        }
    }

    /** By reflection, for the compiler warns of the one class that there is for it, whatever one does. */
    private void handle(String name) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        Object proxy = Proxy.newProxyInstance(
                StopSignals.class.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                    if (method.getName().equals("handle")) {
                        received();
                        return null;
                    }
                    return switch (method.getName()) {
                        case "hashCode" -> System.identityHashCode(self);
                        case "equals" -> false;
                        default -> "stop";
                    };
                });
        try {
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) {
                throw refused;
            }
            throw e;
        }
    }

    private void received() {
        if (seen.incrementAndGet() > 1) {
            Runtime.getRuntime().halt(ENDED);
        }
        stop.countDown();
    }

    /** Waits for the first signal. */
    void await() throws InterruptedException {
        stop.await();
    }
}
