package dev.purser.core.engine;

import dev.purser.core.policy.ServiceCatalog;

/**
 * The collaborators of a controller, each with one job, and what they share. They call each other; none keeps what another
 * one knows.
 */
final class Engine {
    final ServiceCatalog catalog;
    final ControllerSettings settings;
    final Platform platform;
    final Clock clock;
    final RequestListener listener;
    final DecisionLog log;
    final Metrics metrics;
    final RequestTable table;
    final FleetTable fleets;
    final Policies policies;
    final Account account;
    final Alarm alarm;
    final Requests requests;
    final Composites composites;
    final Batches batches;
    final Functions functions;
    final Instances instances;
    final Planning planning;
    final View view;

    Engine(
            ServiceCatalog catalog,
            PolicySet policies,
            Platform platform,
            Clock clock,
            RequestListener listener,
            ControllerSettings settings,
            DecisionLog log) {
        this.catalog = catalog;
        this.settings = settings;
        this.platform = platform;
        this.clock = clock;
        this.listener = listener;
        this.log = log;
        metrics = new Metrics(catalog, settings.controlInterval().toNanos());
        table = new RequestTable(catalog);
        fleets = new FleetTable(catalog);
        this.policies = new Policies(policies, catalog, settings, metrics, clock);
        account = new Account(this);
        alarm = new Alarm(this);
        requests = new Requests(this);
        composites = new Composites(this);
        batches = new Batches(this);
        functions = new Functions(this);
        instances = new Instances(this);
        planning = new Planning(this);
        view = new View(this);
    }
}
