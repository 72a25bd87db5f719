package dev.purser.server.gateway;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.local.LocalDeployment;
import java.time.Duration;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a deployment over HTTP: the Open Inference Protocol on one port, metrics and a live page on another. The
 * deployment is its maker's to close, after the gateway.
 */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    /** Helidon says on the console where it listens, which whoever starts a gateway says better. Kept from collection. */
    private static final java.util.logging.Logger HELIDON = java.util.logging.Logger.getLogger("io.helidon");

    private static final int MIB = 1 << 20;
    private static final int ADMIN_CONNECTIONS = 256;

    private final GatewaySettings settings;
    private final Admission admission;
    private final Patience patience;
    private final Observer observer;
    private final Meters meters;
    private final HttpPort data;
    private final HttpPort admin;
    private boolean closed;

    private Gateway(GatewaySettings settings, Backend backend, String stack, String version) {
        this.settings = settings;
        HELIDON.setLevel(Level.WARNING);
        ApiKeys keys = settings.apiKeys() == null ? null : ApiKeys.read(settings.apiKeys());
        io.helidon.common.tls.Tls tls = settings.tls() == null ? null : TlsFiles.load(settings.tls());
        ServiceCatalog catalog = backend.catalog();
        ModelDirectory models = new ModelDirectory(backend);
        Promises promises = new Promises(backend);
        Traffic traffic = new Traffic(catalog.variants());
        admission =
                new Admission(settings.maxOpen(), Math.max(Runtime.getRuntime().maxMemory() / 4, settings.maxBody()));
        meters = new Meters(backend, promises, admission);
        observer = new Observer(backend, admission, snapshot -> meters.cost(snapshot.items()));
        meters.observe(observer);
        patience = new Patience(settings.patience());
        HttpPort opened = null;
        try {
            data = HttpPort.open(
                    "--port",
                    settings.host(),
                    settings.port(),
                    settings.maxBody(),
                    settings.maxOpen() + 1000,
                    tls,
                    patience,
                    new DataApi(
                            backend,
                            models,
                            promises,
                            admission,
                            patience,
                            settings.maxBody(),
                            keys,
                            traffic,
                            meters,
                            version));
            opened = data;
            StateJson state = new StateJson(
                    catalog,
                    promises,
                    admission,
                    traffic,
                    observer,
                    new StateJson.About(
                            version,
                            catalog.workload().application().name(),
                            catalog.workload().name(),
                            stack,
                            catalog.priceBook().name(),
                            System.currentTimeMillis()));
            admin = HttpPort.open(
                    "--admin-port",
                    settings.adminHost(),
                    settings.adminPort(),
                    MIB,
                    ADMIN_CONNECTIONS,
                    null,
                    patience,
                    new AdminApi(state, meters, backend, version));
        } catch (RuntimeException e) {
            if (opened != null) {
                opened.close();
            }
            release();
            throw e;
        }
    }

    /**
     * Starts to serve.
     *
     * @param settings how
     * @param deployment what answers
     * @param stack the name of the stack that decides, for the live page
     * @param version the program's version
     * @return a gateway that listens
     * @throws dev.purser.core.InputException if a port is taken, or a file of keys or certificates cannot be used
     */
    public static Gateway start(GatewaySettings settings, LocalDeployment deployment, String stack, String version) {
        return start(settings, Backend.of(deployment), stack, version);
    }

    static Gateway start(GatewaySettings settings, Backend backend, String stack, String version) {
        return new Gateway(settings, backend, stack, version);
    }

    /** The data port. */
    public int port() {
        return data.port();
    }

    /** The admin port. */
    public int adminPort() {
        return admin.port();
    }

    /** Where inference is served. */
    public String url() {
        return (settings.tls() == null ? "http://" : "https://") + inUrl(settings.host()) + ":" + port();
    }

    /** Where the live page is. */
    public String adminUrl() {
        return "http://" + inUrl(settings.adminHost()) + ":" + adminPort();
    }

    private static String inUrl(String host) {
        return host.indexOf(':') < 0 ? host : "[" + host + "]";
    }

    /** Requests that are open. */
    public int openRequests() {
        return admission.open();
    }

    /** Turns new requests away from now on, with status 503; what is open goes on. */
    public void drain() {
        admission.drain();
    }

    /** Turns new requests away, waits for open ones within the grace, and closes both ports. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        drain();
        await(settings.grace());
        int cut = admission.open();
        if (cut > 0) {
            LOG.warn("{} requests had not ended within the grace of {}", cut, settings.grace());
        }
        data.close();
        admin.close();
        release();
    }

    private void await(Duration grace) {
        long until = System.nanoTime() + grace.toNanos();
        try {
            while (admission.open() > 0 && System.nanoTime() < until) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void release() {
        observer.close();
        patience.close();
        meters.close();
    }
}
